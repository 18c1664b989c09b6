"""The base for Kubernetes: whole, valid by the published schemas, and its parts fit together and the image."""

import re
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped] # it has none
import pytest
import yaml

from tests.programs import ROOT
from tests.webs import Site, build

FOLDER = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
RESOURCES: dict[str, Any] = {}
for _name in KUSTOMIZATION["resources"]:
    for _document in yaml.safe_load_all((FOLDER / _name).read_text()):
        RESOURCES[_document["kind"]] = _document
POD = RESOURCES["Deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]


def test_every_file_of_the_folder_is_a_resource_and_nothing_else_is_named() -> None:
    assert set(KUSTOMIZATION) == {"apiVersion", "kind", "resources"}
    files = {path.name for path in FOLDER.iterdir()} - {"kustomization.yaml"}
    assert files == set(KUSTOMIZATION["resources"])
    assert set(RESOURCES) == {"Deployment", "NetworkPolicy", "PersistentVolumeClaim", "Service"}


@pytest.mark.parametrize("version", ["1.28", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("kind", RESOURCES)
def test_each_resource_is_valid_and_has_no_field_that_nobody_knows(kind: str, version: str) -> None:
    kubernetes_validate.validate(RESOURCES[kind], version, strict=True)


def test_a_wrong_resource_is_noticed() -> None:
    wrong = {**RESOURCES["Service"], "spec": {"ports": [{"port": "http"}], "selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_the_parts_name_each_other() -> None:
    labels = RESOURCES["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for selector in (
        RESOURCES["Deployment"]["spec"]["selector"]["matchLabels"],
        RESOURCES["Service"]["spec"]["selector"],
        RESOURCES["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    ports = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
    assert RESOURCES["Service"]["spec"]["ports"][0]["targetPort"] in ports
    assert RESOURCES["NetworkPolicy"]["spec"]["ingress"][0]["ports"][0]["port"] in ports
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in POD["volumes"] if "emptyDir" not in volume]
    assert claims == [RESOURCES["PersistentVolumeClaim"]["metadata"]["name"]]
    assert {mount["name"] for mount in CONTAINER["volumeMounts"]} == {volume["name"] for volume in POD["volumes"]}


def test_it_fits_the_image() -> None:
    recipe = (ROOT / "Dockerfile").read_text()
    exposed = re.search(r"^EXPOSE (\d+)$", recipe, re.MULTILINE)
    assert exposed
    assert CONTAINER["ports"] == [{"name": "http", "containerPort": int(exposed[1])}]
    assert CONTAINER["volumeMounts"][0]["mountPath"] in re.findall(r"^VOLUME (\S+)$", recipe, re.MULTILINE)


def test_one_pod_at_a_time_without_rights_and_without_variables_of_other_services() -> None:
    deployment = RESOURCES["Deployment"]["spec"]
    assert (deployment["replicas"], deployment["strategy"]["type"]) == (1, "Recreate")
    assert (POD["enableServiceLinks"], POD["automountServiceAccountToken"]) == (False, False)
    assert POD["securityContext"]["runAsNonRoot"]
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe", "readinessProbe"])
def test_each_probe_is_answered_without_a_password(probe: str, site: Site) -> None:
    assert site.client.get(CONTAINER[probe]["httpGet"]["path"]).status_code == 200


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Autoscan as the pod has it, without any server."""
    environ = {each["name"]: each["value"] for each in CONTAINER["env"]}
    return build(tmp_path_factory.mktemp("pod"), environ=environ)
