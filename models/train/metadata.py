# SPDX-License-Identifier: MIT
"""TFLite model metadata: what a file says about its input, its output and its labels.

No schema package is needed for the few tables used; slots are numbered as in
metadata_schema.fbs (file identifier M001). The named files follow the model in
a zip archive.
"""
import io
import zipfile

import flatbuffers

RGB = 1
IMAGE_PROPERTIES = 2
FEATURE_PROPERTIES = 1
NORMALISATION_OPTIONS = 1
AXIS_LABELS = 2
UNKNOWN_FILE = 0


def _table(b, *slots):
    """`slots`: (number, kind, value); strings, tables and vectors are 'ref'."""
    b.StartObject(max((s[0] for s in slots), default=-1) + 1)
    for number, kind, value in slots:
        if kind == "ref":
            b.PrependUOffsetTRelativeSlot(number, value, 0)
        else:
            b.PrependInt8Slot(number, value, 0)
    return b.EndObject()


def _refs(b, values):
    b.StartVector(4, len(values), 4)
    for v in reversed(values):
        b.PrependUOffsetTRelative(v)
    return b.EndVector()


def _floats(b, *values):
    b.StartVector(4, len(values), 4)
    for v in reversed(values):
        b.PrependFloat32(v)
    return b.EndVector()


def _file(b, name, description, kind):
    text, what = b.CreateString(name), b.CreateString(description)
    return _table(b, (0, "ref", text), (1, "ref", what), (2, "byte", kind))


def _content(b, kind, properties):
    return _table(b, (0, "byte", kind), (1, "ref", properties))


def _stats(b, low, high):
    return _table(b, (0, "ref", _floats(b, high)), (1, "ref", _floats(b, low)))


def _tensor(b, name, description, content, stats, units=(), files=()):
    slots = [(0, "ref", b.CreateString(name)), (1, "ref", b.CreateString(description)),
             (3, "ref", content), (5, "ref", stats)]
    if units:
        slots.append((4, "ref", _refs(b, units)))
    if files:
        slots.append((6, "ref", _refs(b, files)))
    return _table(b, *slots)


def build(name, description, version, licence, mean, std):
    """The FlatBuffer for an RGB image in and probabilities out."""
    b = flatbuffers.Builder(4096)
    options = _table(b, (0, "ref", _floats(b, mean)), (1, "ref", _floats(b, std)))
    unit = _table(b, (0, "byte", NORMALISATION_OPTIONS), (1, "ref", options))
    image = _content(b, IMAGE_PROPERTIES, _table(b, (0, "byte", RGB)))
    picture = _tensor(b, "image", "The whole picture, RGB.", image, _stats(b, 0.0, 255.0), [unit])
    labels = _file(b, "labels.txt", "English names of the classes.", AXIS_LABELS)
    wnids = _file(b, "wnids.txt", "WordNet ids of the classes.", UNKNOWN_FILE)
    feature = _content(b, FEATURE_PROPERTIES, _table(b))
    scores = _tensor(b, "probability", "Probability of each class.", feature,
                     _stats(b, 0.0, 1.0), files=[labels, wnids])
    ins, outs = _refs(b, [picture]), _refs(b, [scores])
    subgraph = _table(b, (2, "ref", ins), (3, "ref", outs))
    texts = [b.CreateString(t) for t in (name, description, version, licence)]
    subgraphs = _refs(b, [subgraph])
    model = _table(b, (0, "ref", texts[0]), (1, "ref", texts[1]), (2, "ref", texts[2]),
                   (3, "ref", subgraphs), (5, "ref", texts[3]))
    b.Finish(model, file_identifier=b"M001")
    return bytes(b.Output())


def append_files(model, files):
    """The model followed by a zip of `files`, the same bytes for the same content."""
    out = io.BytesIO(model)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()
