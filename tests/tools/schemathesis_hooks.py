"""What a schema cannot say, so that a refusal of data that it allows is right all the same."""

import schemathesis
from schemathesis.openapi.checks import JsonSchemaError, RejectedPositiveData

# The codes of violations that depend on what is stored, or on a text's own grammar.
BEYOND_SCHEMAS = {
    "REFERENCE_NOT_FOUND",
    "INVALID_PAGE_TOKEN",
    # Filters, orders and the like have a grammar, and name fields.
    "INVALID_FILTER",
    "INVALID_ORDER",
    "INVALID_GROUP",
    "INVALID_MEASURE",
    "INVALID_SEARCH",
    # A decimal is a text, whose pattern holds its digits and its sign, not its limits.
    "OUT_OF_RANGE",
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A failure counts, unless the answer names only reasons that no schema can give."""
    if isinstance(failure, JsonSchemaError) and (case.query or {}).get("read_mask"):
        # A mask leaves out what it does not name; nothing else may be wrong then.
        return not failure.validation_message.endswith("is a required property")
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in (400, 422):
        return True
    # Where its coverage of headers draws a number, it takes the whole request for valid.
    if any(component.mode.is_negative for component in case.meta.components.values()):
        return False
    codes = {error["code"] for error in response.json().get("errors", [])}
    return not codes or not codes <= BEYOND_SCHEMAS
