"""The JSON Schemas of docs/reference/schemas as one page of Markdown: a table of keys for each file."""

import json

NAMES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "array": "list",
         "object": "object", "null": "null"}


def schemas(folder):
    """{the number in `schema`: JSON Schema} of the files that have one."""
    found = {}
    for path in sorted(folder.glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        number = schema.get("properties", {}).get("schema", {}).get("const")
        if number:
            found[number] = (path.name, schema)
    return dict(sorted(found.items()))


def resolved(value, whole):
    """(what a value may be, whether null is too), behind references."""
    if "anyOf" in value:
        inner, _ = resolved(next(one for one in value["anyOf"] if one.get("type") != "null"), whole)
        return {**inner, "description": value.get("description", inner.get("description", ""))}, True
    if "$ref" in value:
        return resolved(whole["$defs"][value["$ref"].rpartition("/")[2]], whole)
    kinds = value.get("type", [])
    return value, isinstance(kinds, list) and "null" in kinds


def kind_of(value, whole):
    value, is_null = resolved(value, whole)
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        choices = [one if isinstance(one, str) else json.dumps(one) for one in value["enum"] if one is not None]
        text = " \\| ".join(f"`{one}`" for one in choices)
    else:
        kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
        text = " \\| ".join(NAMES[kind] for kind in kinds if kind != "null")
    if "items" in value:
        text += " of " + {"list": "lists", "text": "texts", "whole number": "whole numbers", "object": "objects"}.get(
            kind_of(value["items"], whole), kind_of(value["items"], whole))
    return text + (" \\| null" if is_null else "")


def rows_of(value, whole, path):
    """A row for each key, those of inner objects after their own."""
    value, _ = resolved(value, whole)
    if "items" in value:
        return rows_of(value["items"], whole, path + "[]")
    rows = ""
    for key, inner in value.get("properties", {}).items():
        place = f"{path}.{key}" if path else key
        target, _ = resolved(inner, whole)
        missing = "" if key in value["required"] else ", may be missing"
        meaning = inner.get("description") or target.get("description") or ""
        rows += f"| `{place}` | {kind_of(inner, whole)}{missing} | {meaning.replace('|', chr(92) + '|')} |\n"
        rows += rows_of(inner, whole, place)
    more = value.get("additionalProperties")
    if isinstance(more, dict) and "properties" in resolved(more, whole)[0]:
        rows += rows_of(more, whole, (path or "") + ".NAME")
    return rows


def page(folder):
    found = schemas(folder)
    text = ("# JSON files\n\nEvery file names itself in `schema`; the number is raised when a key changes its "
            "meaning or goes away, and not when one is added.\nA key that is not marked \"may be missing\" is "
            "always there. `[]` stands for every element of a list, `.NAME` for every key.\n\n| schema | |\n|---|---|\n")
    for number, (_, schema) in found.items():
        text += f"| [{number}](#{''.join(c for c in number if c not in './')}) | {schema['title']} |\n"
    for number, (name, schema) in found.items():
        text += f"\n## {number}\n\n{schema['title']}. {schema['description']} [Schema](schemas/{name})\n\n"
        text += "| key | value | meaning |\n|---|---|---|\n" + rows_of(schema, schema, "")
    return text
