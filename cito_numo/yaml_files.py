"""YAML as people write it → a validated model, or every mistake at once: file, line, key, and what is allowed.

All scalars are read as text, so that ids and codes keep their leading zeros (0123456, 00); the model gives them their types.
A key with nothing behind it counts as absent. Values are written so that they read as the same text, whatever stands in them, and one
value of a file that a person wrote is changed without a change to anything else in it.
"""

import difflib
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from cito_numo.errors import (
    CONFIG_DUPLICATE_KEY,
    CONFIG_MISSING,
    CONFIG_MISSING_KEY,
    CONFIG_SYNTAX,
    CONFIG_UNCHANGEABLE,
    CONFIG_UNKNOWN_KEY,
    CONFIG_UNREADABLE,
    CONFIG_VALUE,
    CitoNumoError,
    Problem,
    stop,
)
from cito_numo.language import _

_Path = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)
_DEEPEST = 20
_LARGEST = 4 << 20
_NOTHING = frozenset({"", "~", "null"})
_PLAIN = re.compile(r"(?:[^\W_]|[+-]\d)(?:[\w .@+'/()&-]*[\w.)])?")
"""Texts that need no quotes, in a flow ({a: b}) neither."""
_BLOCK_HEAD = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)?")
_COMMENTED_OUT = r"^#[ \t]*{key}:[ \t]*(?:[^#\s]\S*)?(?=[ \t]*(?:[ \t]#[^\r\n]*)?(?:[\r\n]|\Z))"
"""A key with at most one word behind it; a comment behind that stays."""
_LINE_END = re.compile(r"\r\n|\n|\r")


class Document(NamedTuple):
    """A YAML file as plain data (dict, list, text), and the line on which each value stands."""

    path: Path
    data: Any
    lines: Mapping[_Path, int]

    def line(self, key: _Path) -> int:
        """The line of a key, or of the nearest one above it that is there."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def place(self, key: _Path) -> str:
        """Where a key stands, for a person."""
        return _("{file}, line {line}").format(file=self.path, line=self.line(key))


def load(path: Path, text: str | None = None) -> Document:
    """Read a YAML file (or `text` that stands for it).

    Raises CitoNumoError where the file is missing, is no YAML, holds a key twice, or an anchor, alias or tag.
    """
    try:
        source = _bytes_of(path).decode("utf-8-sig") if text is None else text
    except FileNotFoundError:
        raise stop(CONFIG_MISSING, str(path)) from None
    except UnicodeDecodeError:
        raise stop(CONFIG_SYNTAX, str(path), detail=_("it is not UTF-8 text")) from None
    except OSError as error:
        raise stop(CONFIG_UNREADABLE, str(path), detail=error.strerror or type(error).__name__) from None
    try:
        _refuse_cleverness(path, source)
        root = yaml.compose(source, Loader=yaml.BaseLoader)
        lines: dict[_Path, int] = {}
        problems: list[Problem] = []
        data = _plain(root, (), lines, problems, path) if root is not None else {}
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = _("{file}, line {line}").format(file=path, line=mark.line + 1) if mark else str(path)
        detail = getattr(error, "problem", None) or _("it is nested too deeply or holds characters that YAML does not allow")
        raise stop(CONFIG_SYNTAX, place, detail=detail) from None
    if problems:
        raise CitoNumoError(*problems)
    return Document(path, data, lines)


def text_of(path: Path) -> str:
    """The text of a YAML file, to be loaded later; CitoNumoError where it is no file, or too large for one that people write."""
    return _bytes_of(path).decode("utf-8-sig", "replace")


def _bytes_of(path: Path) -> bytes:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
        raise stop(CONFIG_SYNTAX, str(path), detail=_("it is no file, or too large for one that people write"))
    return path.read_bytes()


def _refuse_cleverness(path: Path, source: str) -> None:
    try:
        _refuse_clever_events(path, yaml.parse(source, Loader=yaml.CBaseLoader))  # ten times as fast as the other
    except yaml.YAMLError:  # what is wrong is told in the words of the one that composes
        _refuse_clever_events(path, yaml.parse(source, Loader=yaml.BaseLoader))


def _refuse_clever_events(path: Path, events: Iterable[yaml.Event]) -> None:
    depth = 0
    for event in events:
        clever = isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None) not in (None, "!")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if clever or depth > _DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            place = _("{file}, line {line}").format(file=path, line=line)
            raise stop(CONFIG_SYNTAX, place, detail=_("anchors, aliases, tags and deep nesting have no use here"))


def _plain(node: yaml.Node, key: _Path, lines: dict[_Path, int], problems: list[Problem], path: Path) -> object:
    lines.setdefault(key, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        data: dict[str, object] = {}
        for name_node, value_node in node.value:
            if not isinstance(name_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem=_("a key has to be one word"), problem_mark=name_node.start_mark)
            name = str(name_node.value)
            line = name_node.start_mark.line + 1
            if name in data:
                place = _("{file}, line {line}").format(file=path, line=line)
                problems.append(Problem(CONFIG_DUPLICATE_KEY, place, {"key": _dotted((*key, name))}))
            lines[(*key, name)] = line
            if isinstance(value_node, yaml.ScalarNode) and value_node.style is None and value_node.value in _NOTHING:
                continue
            data[name] = _plain(value_node, (*key, name), lines, problems, path)
        return data
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*key, index), lines, problems, path) for index, item in enumerate(node.value)]
    return node.value


def quoted(text: str) -> str:
    """A text as one writes it in YAML: as it is where that is certain to be read as the same text, else in double quotes."""
    return text if _PLAIN.fullmatch(text) and text not in _NOTHING else in_quotes(text)


def in_quotes(text: str) -> str:
    """A text in double quotes, on one line."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return f"\\U{ord(letter):08x}" if ord(letter) > 0xFFFF else f"\\u{ord(letter):04x}"  # noqa: PLR2004  what \\u can name


def with_value(document: Document, text: str, key: str, value: str) -> str:
    """The text of a YAML file with one key of the outermost level set to `value`; all else in it stays, comments and line ends too.

    `document` is what `load` made of `text`. A key that is not there yet takes the place of a line that has it commented out (`# key: …`),
    else stands at the end. CitoNumoError where the value that is there is more than one text, or cannot be changed by itself.
    """
    expected = {**document.data, key: value} if isinstance(document.data, dict) else None
    for changed in _changes(text, key, value):
        try:
            if load(document.path, changed).data == expected:
                return changed
        except CitoNumoError:  # not there, then
            continue
    raise stop(CONFIG_UNCHANGEABLE, document.place((key,)), key=key)


def _changes(text: str, key: str, value: str) -> Iterator[str]:
    """Texts in which the key may have the value, the best first; only reading them tells."""
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    nodes = root.value if isinstance(root, yaml.MappingNode) else []
    for name, old in nodes:
        if name.value == key:
            if isinstance(old, yaml.ScalarNode):
                yield from _in_its_place(text, name, old, value)
            return
    line = f"{quoted(key)}: {quoted(value)}"
    for comment in re.finditer(_COMMENTED_OUT.format(key=re.escape(key)), text, re.MULTILINE):
        yield f"{text[: comment.start()]}{line}{text[comment.end() :]}"
    ends = _LINE_END.search(text)
    end = ends[0] if ends else "\n"
    whole = text if not text or text.endswith(("\r", "\n")) else f"{text}{end}"
    if root is None:
        yield f"{whole}{line}{end}"
    elif isinstance(root, yaml.MappingNode) and root.flow_style:
        begin = root.start_mark.index + 1
        yield f"{text[:begin]}{line}{', ' if nodes else ''}{text[begin:]}"
    elif isinstance(root, yaml.MappingNode):
        begin, indent = root.start_mark.index, " " * root.start_mark.column
        yield f"{whole}{indent}{line}{end if whole == text else ''}"
        yield f"{text[:begin]}{line}{end}{indent}{text[begin:]}"


def _in_its_place(text: str, name: yaml.Node, old: yaml.ScalarNode, value: str) -> Iterator[str]:
    begin, end = old.start_mark.index, old.end_mark.index
    there = text[begin:end]
    head = _BLOCK_HEAD.match(there) if old.style in ("|", ">") else None
    rest = f"{(head[1] if head else None) or ''}{there[len(there.rstrip()) :]}{text[end:]}"
    if not there:  # nothing stands behind the colon, or there is no colon
        yield f"{text[:begin]} {quoted(value)}{rest}"
        yield f"{text[: name.end_mark.index]}: {quoted(value)}{text[name.end_mark.index :]}"
        return
    if old.style == "'" and _PLAIN.fullmatch(value):
        doubled = value.replace("'", "''")
        yield f"{text[:begin]}'{doubled}'{rest}"
    fresh = in_quotes(value) if old.style == '"' else quoted(value)
    yield f"{text[:begin]}{fresh}{rest}"


def validate(model: type[_Model], document: Document, data: object = None) -> _Model:
    """The document as a model; `data` stands for the document's own where defaults were merged into it.

    Raises CitoNumoError with every mistake, each at its line, with what is allowed or the key that was probably meant.
    """
    data = document.data if data is None else data
    if not isinstance(data, dict):
        raise stop(CONFIG_SYNTAX, document.place(()), detail=_("keys and values are expected here, as in 'name: value'"))
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = sorted(error.errors(), key=lambda detail: document.line(detail["loc"]))
        raise CitoNumoError(*(_problem(model, document, detail) for detail in details)) from None


def _problem(model: type[BaseModel], document: Document, detail: Mapping[str, Any]) -> Problem:
    key: _Path = detail["loc"]
    place = document.place(key)
    if detail["type"] == "extra_forbidden":
        known = _known_keys(model, key[:-1])
        near = difflib.get_close_matches(str(key[-1]).casefold(), known, 1)
        hint = _("Did you mean '{near}'?").format(near=near[0]) if near else _("Known are: {known}.").format(known=", ".join(known))
        return Problem(CONFIG_UNKNOWN_KEY, place, {"key": _dotted(key), "hint": hint})
    if detail["type"] == "missing":
        return Problem(CONFIG_MISSING_KEY, place, {"key": _dotted(key), "hint": _description(model, key)})
    hint = _description(model, key)
    return Problem(
        CONFIG_VALUE,
        place,
        {"key": _dotted(key), "detail": _("this is not allowed") if hint else detail["msg"].removeprefix("Value error, "), "hint": hint},
    )


def _model_at(model: type[BaseModel], key: _Path) -> type[BaseModel] | None:
    parts = iter(key)
    for part in parts:
        field = model.model_fields.get(str(part))
        annotation = field.annotation if field is not None else None
        if get_origin(annotation) is dict:  # of models, by names that are free
            annotation = get_args(annotation)[1]
            next(parts, None)
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return None
        model = annotation
    return model


def _known_keys(model: type[BaseModel], key: _Path) -> list[str]:
    at = _model_at(model, key)
    return list(at.model_fields) if at else []


def _description(model: type[BaseModel], key: _Path) -> str:
    while key and isinstance(key[-1], int):
        key = key[:-1]
    at = _model_at(model, key[:-1]) if key else None
    field = at.model_fields.get(str(key[-1])) if at else None
    return _(field.description) if field and field.description else ""


def _dotted(key: _Path) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in key)
