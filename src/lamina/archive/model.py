"""Open a model file: its architecture as JSON data, its Lambdas, and its weights on request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Any

from lamina._records import dataclass
from lamina.archive.jsondata import parse_json
from lamina.archive.kinds import Kind, sniff
from lamina.archive.limits import DEFAULT_LIMITS, Limits
from lamina.archive.rules import Findings, Note
from lamina.archive.source import PathOrBytes, Source
from lamina.archive.walk import LambdaNode, ObjectNode, walk_lambdas, walk_objects
from lamina.archive.weights import Weights
from lamina.archive.zipfiles import Member, read_directory, read_member

if TYPE_CHECKING:
    from lamina.archive.hdf5_weights import Hdf5Store

# The readers of each kind are imported where they are used: a command opens files of one kind.
_CONFIG, _METADATA = "config.json", "metadata.json"
_WEIGHTS = ("model.weights.h5", "model.weights.npz")
_PICKLE = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))


@dataclass(frozen=True)
class ModelFile:
    """What a model file says, as data; nothing is kept open.

    Attributes:
        kind: `"keras"` (a zip), `"h5"`, `"json"`, `"yaml"` or `"savedmodel"`, by content.
        config: The architecture: a dict with `class_name` and `config`; empty where the file holds
            weights only.
        compile_config: Optimizer, loss and metrics, where the file has them.
        keras_version: The version that the file claims.
        backend: The backend that the file claims.
        notes: Findings about the container, without those that refuse a file.
        objects: Metadata of the further Keras objects in a SavedModel, by their number.
        source: Where the file is.
        limits: Bounds that hold for everything read later, too.
    """

    kind: Kind
    config: dict[str, Any]
    compile_config: Any = None
    keras_version: str | None = None
    backend: str | None = None
    notes: tuple[Note, ...] = ()
    objects: dict[str, Any] = field(default_factory=dict, repr=False)
    source: Source = field(default_factory=lambda: Source("<bytes>"))
    limits: Limits = DEFAULT_LIMITS
    member: Member | None = field(default=None, repr=False)

    def lambdas(self) -> Iterator[LambdaNode]:
        """Yields every place that holds a Python function, in file order.

        Example:
            >>> text = b'{"class_name": "Lambda", "config": {"name": "double", "function": "x"}}'
            >>> [node.path for node in open_model(text).lambdas()]
            ['double']
        """
        findings = Findings(self.source.label)
        seen = []
        for node in walk_lambdas(self.config, findings, "", "/config"):
            seen.append(node.config)
            yield node
        yield from walk_lambdas(self.compile_config, findings, "compile", "/compile_config")
        for number, metadata in self.objects.items():
            for node in walk_lambdas(metadata, findings, f"object {number}", f"/objects/{number}"):
                if node.config not in seen:
                    seen.append(node.config)
                    yield node

    def walk(self) -> Iterator[ObjectNode]:
        """Yields every object (layer, initializer, optimizer, loss, ...) in the file."""
        yield from walk_objects(self.config, "", "/config")
        yield from walk_objects(self.compile_config, "compile", "/compile_config")
        for number, metadata in self.objects.items():
            yield from walk_objects(metadata, f"object {number}", f"/objects/{number}")

    def weights(self, path_or_bytes: PathOrBytes | None = None) -> Weights:
        """Lists the weights; arrays are read only when asked for.

        Args:
            path_or_bytes: A weights or model file of this architecture, where the weights are not
                in this file.

        Returns:
            The weights in the order of Keras's `get_weights()`.

        Raises:
            RefusedError: There are none, or the container breaks a rule.
        """
        if path_or_bytes is not None:
            return open_weights(path_or_bytes, self.config, self.limits)
        if self.kind == "savedmodel":
            from lamina.archive.checkpoint import checkpoint_weights
            from lamina.archive.folder import Folder

            return checkpoint_weights(Folder(self.source.label), self.limits)
        from lamina.archive.hdf5_weights import Hdf5Store, hdf5_weights

        if self.kind == "h5":
            return hdf5_weights(Hdf5Store(self.source, self.limits), self.config)
        if self.member is None:
            raise Findings(self.source.label).refused(
                "weights.missing", f"a {self.kind} file without weights"
            )
        return hdf5_weights(self._zip_store(self.member), self.config)

    def _zip_store(self, member: Any) -> Hdf5Store:
        from lamina.archive.hdf5_weights import Hdf5Store

        findings = Findings(self.source.label)
        if not member.name.endswith(".h5"):
            raise findings.refused("weights.format", member.name)
        if member.method == 0:
            return Hdf5Store(self.source, self.limits, member.name, (member.start, member.size))
        with self.source.open() as file:
            data = read_member(file, member, findings, self.limits.member_bytes)
        return Hdf5Store(Source(self.source.label, data=data), self.limits, member.name)


def open_model(path_or_bytes: PathOrBytes, limits: Limits = DEFAULT_LIMITS) -> ModelFile:
    """Reads the architecture of a model file of any Keras version, without running or trusting it.

    The kind is told by content. No framework is imported, nothing is extracted, and no path but
    the argument is opened. The structure of HDF5 data is inspected; weights are not read.

    Args:
        path_or_bytes: A file, its bytes, or a SavedModel folder.
        limits: Bounds on what the file may make the reader do.

    Returns:
        The file's content.

    Raises:
        RefusedError: The file is damaged, ambiguous, larger than the limits, or no model; the
            error's `note.rule` is the stable id of the reason.

    Example:
        >>> open_model(b'{"class_name": "Sequential", "config": [], "keras_version": "2.0.8"}').keras_version
        '2.0.8'
    """
    source = Source.of(path_or_bytes)
    findings = Findings(source.label)
    if source.is_folder:
        return _savedmodel(source, findings, limits)
    with source.open() as file:
        kind = sniff(file, findings)
    reader = {"keras": _keras, "h5": _h5, "json": _json, "yaml": _yaml}[kind]
    return reader(source, findings, limits)


def open_weights(
    path_or_bytes: PathOrBytes, config: dict[str, Any] | None = None, limits: Limits = DEFAULT_LIMITS
) -> Weights:
    """Lists the weights of a weights file or of a whole model.

    Args:
        path_or_bytes: HDF5 weights of any layout, a `.keras` zip, or a SavedModel folder.
        config: The architecture, which gives the order of a `.weights.h5` file.
        limits: Bounds on what the file may make the reader do.

    Raises:
        RefusedError: The file holds no weights or breaks a rule.
    """
    model = open_model(path_or_bytes, limits)
    if model.kind == "h5":
        from lamina.archive.hdf5_weights import Hdf5Store, hdf5_weights

        return hdf5_weights(Hdf5Store(model.source, limits), config or model.config or None)
    return model.weights()


def _savedmodel(source: Source, findings: Findings, limits: Limits) -> ModelFile:
    from lamina.archive.folder import Folder
    from lamina.archive.savedmodel import read_objects

    root, *others = read_objects(Folder(source.label), findings, limits)
    metadata = root.metadata
    config = metadata.get("model_config") or metadata
    compile_config = metadata.get("training_config")
    rest = {str(item.node): item.metadata for item in others}
    if config is not metadata:
        rest = {"0": _without(metadata, "model_config", "training_config"), **rest}
    return _finish("savedmodel", config, compile_config, metadata, source, findings, limits, rest)


def _keras(source: Source, findings: Findings, limits: Limits) -> ModelFile:
    with source.open() as file:
        size = file.seek(0, 2)
        members = read_directory(file, size, findings, limits)
        _remark_members(file, members, findings)
        if _CONFIG not in members:
            raise findings.refused("zip.no-config", ", ".join(members))
        texts = {
            name: read_member(file, members[name], findings, limits.json_bytes)
            for name in (_CONFIG, _METADATA)
            if name in members
        }
    config = parse_json(texts[_CONFIG], findings, limits, _CONFIG)
    metadata: Any = {}
    if _METADATA in texts:
        metadata = parse_json(texts[_METADATA], findings, limits, _METADATA)
    else:
        findings.add("zip.no-metadata")
    compile_config = config.get("compile_config") if isinstance(config, dict) else None
    if isinstance(config, dict):
        config = _without(config, "compile_config")
    member = next((members[name] for name in _WEIGHTS if name in members), None)
    return _finish("keras", config, compile_config, metadata, source, findings, limits, member=member)


def _remark_members(file: Any, members: dict[str, Member], findings: Findings) -> None:
    for name, member in members.items():
        known = name in (_CONFIG, _METADATA, *_WEIGHTS) or name.startswith("assets/")
        if not known:
            findings.add("zip.unknown-member", ascii(name))
        file.seek(member.start)
        if file.read(2) in _PICKLE or name.endswith((".pkl", ".pickle")):
            findings.add("zip.pickle-member", ascii(name))


def _h5(source: Source, findings: Findings, limits: Limits) -> ModelFile:
    from lamina.archive.hdf5_tree import CONFIGS, text_attribute
    from lamina.archive.hdf5_weights import Hdf5Store, has_weights

    root = Hdf5Store(source, limits).tree()
    group = root.group("model_weights") or root
    texts = {
        name: text_attribute(owner, name, findings)
        for owner in (group, root)
        for name in CONFIGS
        if name in owner.attributes
    }
    parsed = {
        name: parse_json(texts[name] or "", findings, limits, name)
        for name in ("model_config", "training_config")
        if name in texts
    }
    claims = {name: _text(texts.get(name)) for name in ("keras_version", "backend")}
    if "model_config" not in parsed:
        findings.add("hdf5.weights-only" if has_weights(group) else "hdf5.no-model")
    return _finish(
        "h5", parsed.get("model_config"), parsed.get("training_config"), claims, source, findings, limits
    )


def _json(source: Source, findings: Findings, limits: Limits) -> ModelFile:
    value = parse_json(_read(source, findings, limits.json_bytes), findings, limits)
    if isinstance(value, str):
        findings.add("json.double-encoded")
        value = parse_json(value, findings, limits)
    return _finish("json", value, None, value, source, findings, limits)


def _yaml(source: Source, findings: Findings, limits: Limits) -> ModelFile:
    from lamina.archive.yamldata import parse_yaml

    value = parse_yaml(_read(source, findings, limits.yaml_bytes), findings, limits)
    return _finish("yaml", value, None, value, source, findings, limits)


def _read(source: Source, findings: Findings, limit: int) -> bytes:
    with source.open() as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise findings.refused("file.too-large", f"the limit is {limit} bytes")
    return data


def _finish(
    kind: Kind,
    config: Any,
    compile_config: Any,
    claims: Any,
    source: Source,
    findings: Findings,
    limits: Limits,
    objects: dict[str, Any] | None = None,
    member: Member | None = None,
) -> ModelFile:
    empty = kind == "h5" and config is None
    named = isinstance(config, dict) and isinstance(config.get("class_name"), str)
    if not empty and not (named and (kind == "savedmodel" or isinstance(config.get("config"), dict | list))):
        raise findings.refused("json.not-a-model")
    claims = claims if isinstance(claims, dict) else {}
    return ModelFile(
        kind=kind,
        config=config or {},
        compile_config=compile_config,
        keras_version=_text(claims.get("keras_version")),
        backend=_text(claims.get("backend")),
        notes=tuple(findings.notes),
        objects=objects or {},
        source=source,
        limits=limits,
        member=member,
    )


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def _without(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}
