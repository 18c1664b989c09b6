/*
 * While a path is typed: how it may go on, and what would become of it. Only for who is logged in.
 *
 * <input data-complete="url" list="id"> fills its datalist. <section data-preview="url"> shows what would happen to the
 * path in that input, or in the line of the text field that the cursor is in.
 */
(() => {
  "use strict";

  function debounced(seconds, act) {
    let timer;
    return (...given) => {
      clearTimeout(timer);
      timer = setTimeout(() => act(...given), seconds * 1000);
    };
  }

  /* Asks one thing at a time: an older question is given up for a newer one. */
  function asker(url, name) {
    let last;
    return async (text) => {
      last?.abort();
      last = new AbortController();
      try {
        const answer = await fetch(`${url}?${new URLSearchParams({ [name]: text })}`, { signal: last.signal });
        return answer.ok ? await answer.json() : null;
      } catch {
        return null;
      }
    };
  }

  function complete(input) {
    const list = input.list;
    const ask = asker(input.dataset.complete, "text");
    input.addEventListener("input", debounced(0.15, async () => {
      const told = input.value ? await ask(input.value) : null;
      if (!told) return;
      list.replaceChildren(...told.paths.map((path) => new Option(path, path)));
    }));
  }

  function line(tag, text, className = "") {
    const made = document.createElement(tag);
    made.textContent = text;
    made.className = className;
    return made;
  }

  function sentence(server) {
    if (server.problem) return server.problem;
    if (!server.libraries.length) return `${server.server}: has not told its libraries yet. ${server.about}`.trim();
    const place = server.path ? ` as ${server.path}` : "";
    return `${server.server}: scanned in ${server.libraries.join(", ")}${place}. ${server.about}`.trim();
  }

  function explained(told) {
    if (told.refused) return [line("p", told.refused, "no-library")];
    if (told.ignored_by) return [line("p", `Ignored: ${told.ignored_by} of SERVER_IGNORE_LIST matches ${told.mapped}`)];
    const there = { true: "is there", false: "is not there", null: "may be there or not: no answer in time" }[told.exists];
    const joins = told.joins === null ? "" : `, together with scan ${told.joins}, which waits already`;
    const list = document.createElement("ul");
    for (const server of told.servers) list.append(line("li", sentence(server), server.problem ? "no-library" : ""));
    return [line("p", `${told.mapped} ${there}. The folder ${told.folder} would be scanned${joins}.`), list];
  }

  function lineAt(field) {
    if (field.nodeName !== "TEXTAREA") return field.value.trim();
    const before = field.value.slice(0, field.selectionStart).lastIndexOf("\n") + 1;
    return field.value.slice(before).split("\n")[0].trim();
  }

  function preview(section, fields) {
    const ask = asker(section.dataset.preview, "path");
    const text = section.querySelector("[data-preview-text]");
    let shown = "";
    const show = debounced(0.4, async (field) => {
      const path = lineAt(field);
      if (path === shown) return;
      shown = path;
      const told = path ? await ask(path) : null;
      if (path !== shown) return;
      section.hidden = !told;
      text.replaceChildren(...(told ? explained(told) : []));
    });
    for (const field of fields) for (const kind of ["input", "click", "keyup"]) field.addEventListener(kind, () => show(field));
  }

  function adder(button, input) {
    const target = document.getElementById(button.dataset.add);
    const add = () => {
      const path = input.value.trim();
      if (!path) return;
      target.value = `${target.value.trimEnd()}\n${path}`.trimStart();
      input.value = "";
      input.focus();
    };
    button.addEventListener("click", add);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      add();
    });
  }

  for (const input of document.querySelectorAll("input[data-complete]")) complete(input);
  for (const finder of document.querySelectorAll("[data-finder]")) {
    finder.hidden = false;
    adder(finder.querySelector("[data-add]"), finder.querySelector("input"));
  }
  for (const section of document.querySelectorAll("[data-preview]")) {
    preview(section, document.querySelectorAll("#find, #paths"));
  }
})();
