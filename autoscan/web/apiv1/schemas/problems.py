"""What an error looks like; the same everywhere in the application."""

from marshmallow import fields

from autoscan.web.apiv1 import fields as field


class Problem(field.Request):
    """Something went wrong."""

    status = fields.Constant("error", required=True, metadata=field.about("Always `error`.", enum=["error"]))
    error_code = field.text("The HTTP status as a word, e.g. NOT_FOUND.", required=True)
    error = field.text("What went wrong, and what to do about it.", required=True)
    request_id = field.text("The id of the request, which the log has, too.", required=True)
    wrong = fields.Dict(
        data_key="fields",
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata=field.about("By the name of each field that is wrong, what is wrong with it; only where one is."),
    )
