"""diffusers.py - autolog(): each call of a pipeline of diffusers becomes pictures, videos or sounds, and a table of them.

The run's config has a `workflow`: which pipelines were called, in order, how they are made and what they were given.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

from barograph.data_types import Audio, Image, Table, Video
from barograph.integration.autolog import Autolog

if TYPE_CHECKING:
    from barograph.run import Run

VIDEO_FPS = 4
AUDIO_RATE = 16000
# Arguments that are pictures. One has lost a letter, in the library.
PICTURES = frozenset(
    "image mask_image control_image example_image reference_image condtioning_image gligen_inpaint_image".split()
)


class Shape(NamedTuple):
    """The columns that are arguments, and the one that is made; its name ends in Image, Video or Audio."""

    arguments: dict[str, str]
    made: str


_ASKED = "Prompt=prompt Negative-Prompt=negative_prompt"
_CHANGED = f"Source-Image=image {_ASKED}"
_SUBJECTS = "Source-Subject-Category=source_subject_category Target-Subject-Category=target_subject_category"
_ASKED_TWICE = f"{_ASKED} Prompt-2=prompt_2 Negative-Prompt-2=negative_prompt_2"
_SECONDS = f"{_ASKED} Audio-Length-in-Seconds=audio_length_in_s Generated-Audio"
_DENIED_TWICE = "Negative-Prompt-1=negative_prompt Negative-Prompt-2=negative_prompt_2"

# Columns, the one that is made last, and the pipelines (without "Pipeline") that have them.
_KINDS = {
    f"{_ASKED} Generated-Image": "StableDiffusion KandinskyCombined KandinskyV22Combined StableDiffusionPanorama PixArtAlpha"
    " StableDiffusionSAG SemanticStableDiffusion WuerstchenCombined IF AltDiffusion StableDiffusionAttendAndExcite"
    " StableDiffusionPix2PixZero VersatileDiffusionTextToImage Kandinsky3",
    "Prompt=prompt Generated-Image": "LatentConsistencyModel LDMTextToImage",
    f"{_ASKED_TWICE} Generated-Image": "StableDiffusionXL",
    f"{_ASKED_TWICE} Input-Image=image Generated-Image": "StableDiffusionXLImg2Img",
    f"{_CHANGED} Generated-Image": "StableDiffusionInstructPix2Pix KandinskyImg2ImgCombined KandinskyInpaintCombined"
    " KandinskyV22Img2ImgCombined KandinskyV22InpaintCombined StableDiffusionImg2Img StableDiffusionDepth2Img"
    " StableDiffusionAdapter VersatileDiffusionDualGuided",
    f"{_CHANGED} Upscaled-Image": "StableDiffusionUpscale",
    f"{_ASKED} Input-Image=image Generated-Image": "Kandinsky3Img2Img",
    f"Control-Image=image {_ASKED} Generated-Image": "StableDiffusionControlNet",
    f"Source-Image=image Control-Image=control_image {_ASKED} Generated-Image": "StableDiffusionControlNetImg2Img",
    f"Source-Image=image Mask-Image=mask_image Control-Image=control_image {_ASKED} Generated-Image": "StableDiffusionControlNetInpaint",
    f"Source-Image=image Mask-Image=mask_image {_ASKED} Generated-Image": "StableDiffusionInpaint",
    f"Prompt-1=prompt Prompt-2=prompt_2 Control-Image=image {_DENIED_TWICE} Generated-Image": "StableDiffusionXLControlNet",
    f"Prompt-1=prompt Prompt-2=prompt_2 Input-Image=image Control-Image=control_image {_DENIED_TWICE} Generated-Image":
    "StableDiffusionXLControlNetImg2Img",
    "Source-Image=image Prompt=prompt Source-Prompt=source_prompt Generated-Image": "CycleDiffusion",
    "Source-Image=image Example-Image=example_image Mask-Prompt=mask_image Generated-Image": "PaintByExample",
    "Source-Image=image Mask-Prompt=mask_image Generated-Image": "RePaint",
    "Source-Image=image Generated-Image": "StableDiffusionImageVariation",
    "Source-Image=image Negative-Prompt=negative_prompt Generated-Image": "VersatileDiffusionImageVariation",
    "Prompt=prompt GLIGEN-Phrases=gligen_phrases GLIGEN-Boxes=gligen_boxes GLIGEN-Inpaint-Image=gligen_inpaint_image"
    " Negative-Prompt=negative_prompt Generated-Image": "StableDiffusionGLIGEN",
    f"Reference-Image=reference_image Prompt=prompt Negative-Prompt=neg_prompt {_SUBJECTS} Generated-Image": "BlipDiffusion",
    f"Reference-Image=reference_image Control-Image=condtioning_image Prompt=prompt Negative-Prompt=neg_prompt {_SUBJECTS}"
    " Generated-Image": "BlipDiffusionControlNet",
    "Batch-Size=batch_size Number-of-Inference-Steps=num_inference_steps Generated-Image": "PNDM LDM",
    f"{_ASKED} Number-of-Frames=num_frames Generated-Video": "AnimateDiff TextToVideoSD",
    f"{_ASKED} Number-of-Frames=video_length Generated-Video": "TextToVideoZero",
    "Input-Image=image Frames-Per-Second=fps Generated-Video": "StableVideoDiffusion",
    "Prompt=prompt Generated-Video": "ShapE",
    _SECONDS: "AudioLDM AudioLDM2 MusicLDM",
}  # fmt: skip


def _shape(columns: str) -> Shape:
    *arguments, made = columns.split()
    return Shape(dict(each.split("=") for each in arguments), made)


SHAPES = {f"{name}Pipeline": _shape(columns) for columns, names in _KINDS.items() for name in names.split()}
SHAPES["AmusedPipeline"] = Shape({"Prompt": "prompt", "Guidance Scale": "guidance_scale"}, "Generated-Image")
SHAPES["StableDiffusionPipelineSafe"] = SHAPES["StableDiffusionPipeline"]


def log_call(run: Run, args: Sequence[Any], kwargs: Mapping[str, Any], answer: Any, seconds: float) -> None:
    """A row for each thing that was made, then the table of all. Without return_dict nothing says which is which."""
    pipeline = args[0]
    name = type(pipeline).__name__
    shape = SHAPES.get(name)
    if shape is None or isinstance(answer, tuple):
        return
    given = arguments(pipeline, args, kwargs)
    before = list(run.config.get("workflow") or [])
    call = f"Pipeline-Call-{len(before) + 1}"
    stage = {"pipeline": {**pipeline.config, "pipeline-name": name}, "params": _described(given), "stage": call}
    run.config.update({"workflow": [*before, stage]}, allow_val_change=True)
    if given.get("ip_adapter_image") is not None:
        run.log({"IP-Adapter-Image": Image(given["ip_adapter_image"])})
    kind = shape.made.rpartition("-")[2]
    made = _made(pipeline, kind, given, answer)
    asked = {label: _as_list(given.get(argument)) for label, argument in shape.arguments.items()}
    each_has = max(1, len(made) // len(next(iter(asked.values()))))
    table = Table(columns=[*asked, shape.made])
    for number, thing in enumerate(made):
        row = {label: values[min(number // each_has, len(values) - 1)] for label, values in asked.items()}
        run.log({f"Generated-{kind}/{call}": _media(kind, thing, _caption(name, row))})
        cells = [_cell(shape.arguments[label], value) for label, value in row.items()]
        table.add_data(*cells, _media(kind, thing, None))
    run.log({f"Result-Table/{call}": table})


def arguments(pipeline: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """By their names, with what was left as it is."""
    signature = inspect.signature(type(pipeline).__call__)
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    named = list(bound.arguments.items())[1:]
    return {name: value for name, value in named if signature.parameters[name].kind is not inspect.Parameter.VAR_KEYWORD}


def _described(given: Mapping[str, Any]) -> dict[str, Any]:
    """For the config: arrays by their shape, generators by what they began with."""
    return {name: _in_words(value) for name, value in given.items()}


def _in_words(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_in_words(each) for each in value]
    if hasattr(value, "initial_seed"):
        return {"seed": value.initial_seed(), "device": str(value.device)}
    if hasattr(value, "shape"):
        return f"array of {tuple(value.shape)}"
    return value


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) and value else [value]


def _made(pipeline: Any, kind: str, given: Mapping[str, Any], answer: Any) -> list[Any]:
    if kind == "Audio":
        return list(answer.audios)
    if kind == "Image":
        return list(_decoded(pipeline, answer.images) if given.get("output_type") == "latent" else answer.images)
    videos = list(answer.frames if hasattr(answer, "frames") else answer.images)
    # Of one video there may be the frames alone.
    is_frame = bool(videos) and not isinstance(videos[0], list) and getattr(videos[0], "ndim", 3) == 3
    return [videos] if is_frame else videos


def _decoded(pipeline: Any, latents: Any) -> Any:
    """What the picture would have been, had not its inner form been asked for."""
    import torch

    vae = pipeline.vae
    is_upcast = vae.dtype == torch.float16 and vae.config.force_upcast
    if is_upcast:
        vae.to(dtype=torch.float32)
    with torch.no_grad():
        pictures = vae.decode(latents.to(vae.dtype) / vae.config.scaling_factor, return_dict=False)[0]
    if is_upcast:
        vae.to(dtype=torch.float16)
    return pipeline.image_processor.postprocess(pictures, output_type="pil")


def _caption(name: str, row: Mapping[str, Any]) -> str | None:
    if name in ("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline"):
        return f"Prompt-1: {row['Prompt']}\nPrompt-2: {row['Prompt-2']}"
    caption: str | None = row.get("Prompt", row.get("Prompt-1"))
    return caption


def _cell(argument: str, value: Any) -> Any:
    if argument in PICTURES:
        return None if value is None else Image(value)
    return "" if value is None else value


def _media(kind: str, thing: Any, caption: str | None) -> Any:
    if kind == "Image":
        return Image(thing, caption=caption)
    if kind == "Audio":
        return Audio(thing, sample_rate=AUDIO_RATE, caption=caption)
    return Video(_pixels(thing), caption=caption, fps=VIDEO_FPS, format="mp4")


def _pixels(frames: Any) -> Any:
    """Frames, channels, height and width in bytes."""
    import numpy as np

    pixels = np.stack([np.asarray(frame) for frame in frames])
    if pixels.dtype.kind == "f":
        pixels = (pixels * 255).round()
    return pixels.astype(np.uint8).transpose(0, 3, 1, 2)


autolog = Autolog("diffusers", tuple(f"diffusers:{name}.__call__" for name in SHAPES), log_call)
