"""What a schema cannot say, so that a refusal of data that it allows is right all the same."""

import itertools
import re
import uuid

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import (
    EnsureResourceAvailability,
    JsonSchemaError,
    RejectedPositiveData,
    UseAfterFree,
)

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
    # What never changes has to be sent as it is stored, and an id as it is in the path.
    "IMMUTABLE",
    # Two elements of a batch name the same record, perhaps with different versions.
    "DUPLICATE",
    # A rule that the shop has in its own code.
    "NOT_A_DRAFT",
}

# The reasons of problems that lie between two parameters, or between two requests.
BETWEEN_PARTS = {
    # `If-Match` and `If-None-Match` are each right, and cannot both hold.
    "CONTRADICTORY_CONDITIONS",
    # Another request had the key.
    "IDEMPOTENCY_KEY_REUSED",
}

NUMBERS = itertools.count(1)

UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# The ids of records that were only tried, and so are not there afterwards.
TRIED = set()

# The paths of records whose removal was only tried, and that are there still.
KEPT = set()


def breaks_a_pattern(case):
    """Whether a header is not what the description allows: the coverage of headers knows letters and digits alone, and sends a number for valid where a pattern wants quotes."""
    headers = case.headers or {}
    for parameter in case.operation.iter_parameters():
        pattern = parameter.definition.get("schema", {}).get("pattern")
        sent = headers.get(parameter.name) if parameter.location == "header" else None
        if pattern and sent is not None and not re.search(pattern, str(sent)):
            return True
    return False


def lacks_a_condition(case, response):
    """Whether a replacement, or a change that may make the record, has neither `If-Match` nor `If-None-Match: *`, one of which is demanded: a description cannot say so of two headers."""
    sent = {name.lower(): value for name, value in (case.headers or {}).items()}
    is_new = sent.get("if-none-match") == "*"
    return response.status_code == 428 and case.method in ("PUT", "PATCH") and "if-match" not in sent and not is_new


def is_empty_list(case):
    """Whether a list in the query has one empty name in it: on the wire that is the list without any, which is allowed."""
    lists = [(case.query or {}).get(name) for name in ("include", "read_mask", "update_mask")]
    return [""] in lists or "" in lists


def is_no_object(case):
    """Whether the body is not even an object, as all described ones are: where the generator gives up on a large schema it sends 0."""
    return case.method in ("POST", "PUT", "PATCH") and isinstance(case.body, (int, float, str, list))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Most idempotency keys and most ids of new records are made new: else most requests would be refused for what another had before them."""
    number = next(NUMBERS)
    if number % 5 == 0:
        return
    if case.method == "POST" and isinstance(case.body, dict):
        new = [case.body]
        if case.operation.path.endswith(":batchCreate") and isinstance(case.body.get("requests"), list):
            new += case.body["requests"]
        for place, record in enumerate(new):
            if isinstance(record, dict) and UUID.fullmatch(str(record.get("id"))):
                record["id"] = str(uuid.UUID(int=number * 1000 + place, version=4))
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and key.startswith('"') and key.endswith('"'):
        case.headers["Idempotency-Key"] = f'"key {number}"'


@schemathesis.hook
def after_call(context, case, response):
    """Remembers what was only tried, until it is done."""
    is_trial = str((case.query or {}).get("validate_only")).lower() == "true"
    if case.method == "DELETE" and response.status_code == 204:
        path = case.formatted_path
        KEPT.add(path) if is_trial else KEPT.discard(path)
    if case.method != "POST" or response.status_code not in (200, 201):
        return
    record = response.json()
    if response.status_code == 201:
        TRIED.discard(record.get("id"))
    elif is_trial:
        TRIED.add(record.get("id"))


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A failure counts, unless the answer names only reasons that no schema can give."""
    if isinstance(failure, JsonSchemaError) and (case.query or {}).get("read_mask"):
        # A mask leaves out what it does not name; nothing else may be wrong then.
        return not failure.validation_message.endswith("is a required property")
    if isinstance(failure, UseAfterFree):
        return failure.free.removeprefix("DELETE ") not in KEPT
    if isinstance(failure, EnsureResourceAvailability):
        return TRIED.isdisjoint((case.path_parameters or {}).values())
    if isinstance(failure, AcceptedNegativeData) and is_empty_list(case):
        return False
    if isinstance(failure, RejectedPositiveData) and lacks_a_condition(case, response):
        return False
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in (400, 422):
        return True
    if breaks_a_pattern(case) or is_no_object(case):
        return False
    problem = response.json()
    errors = problem.get("errors", [])
    if any("number is out of range" in error["detail"] for error in errors):
        # Within a field of any JSON at all, JSON Schema has no word about numbers; the service has 64 bits.
        return False
    codes = {error["code"] for error in errors} or {problem.get("reason")}
    query = case.query or {}
    masked = case.operation.path.endswith(":batchUpdate")
    if masked or "update_mask" in query or "allow_missing" in query:
        # What the mask names, or what makes a record, has to be in a patch, whose members are optional.
        codes.discard("REQUIRED")
    return not codes <= BEYOND_SCHEMAS | BETWEEN_PARTS
