"""Optimisations, each by itself and together. A setting is a context: what it changes for all is undone on leaving."""

import ast
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import torch
from torch.nn.functional import pad

from bench.gpu.cases import Case
from bench.gpu.stage import blocks
from pipelines.diffusion.lending.device import GB, Device, Kind
from pipelines.diffusion.lending.presets import ladder
from pipelines.diffusion.lending.running import running

MANY_STEPS = 20
"""Steps from which a step cache is worth its memory."""
CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
"""Memory format by dimensions of a convolution's weights."""
Change = Callable[[Any, Case], AbstractContextManager[None]]


def always(case: Case) -> bool:
    """Every case."""
    return True


@dataclass(frozen=True, slots=True)
class Setting:
    """What is changed about a stock pipeline."""

    name: str
    change: Change
    suits: Callable[[Case], bool] = always
    cuda: bool = False
    """Whether only a GPU has it."""
    skips: bool = False
    """Whether it leaves blocks out, so that the share of those that ran is worth counting."""


@contextmanager
def plain(pipe: Any, case: Case) -> Iterator[None]:
    """The stock pipeline: bf16, torch's own attention, nothing else."""
    yield


@contextmanager
def tf32(pipe: Any, case: Case) -> Iterator[None]:
    """What is left in float32 may be multiplied in TF32."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def channels_last(pipe: Any, case: Case) -> Iterator[None]:
    """Convolutions of the autoencoder with channels innermost, as tensor cores read them."""
    for parameter in pipe.vae.parameters():
        if parameter.ndim in CHANNELS_LAST:
            parameter.data = parameter.data.contiguous(memory_format=CHANNELS_LAST[parameter.ndim])
    try:
        yield
    finally:
        for parameter in pipe.vae.parameters():
            parameter.data = parameter.data.contiguous()


@contextmanager
def tiling(pipe: Any, case: Case) -> Iterator[None]:
    """Encode and decode in tiles."""
    pipe.vae.enable_tiling()
    try:
        yield
    finally:
        pipe.vae.disable_tiling()


@contextmanager
def compiled(pipe: Any, case: Case) -> Iterator[None]:
    """Repeated blocks compiled once for all; without a GPU only traced, since making code takes minutes there.

    Their `forward` rather than the modules, as `compile_repeated_blocks` does: a step cache then wraps compiled code.
    """
    backend = "inductor" if pipe.transformer.device.type == "cuda" else "eager"
    for block in blocks(pipe.transformer):
        block.forward = torch.compile(block.forward, fullgraph=True, backend=backend)
    try:
        yield
    finally:
        torch.compiler.reset()


def attention(backend: str) -> Change:
    """Another kernel for attention."""

    @contextmanager
    def change(pipe: Any, case: Case) -> Iterator[None]:
        try:
            pipe.transformer.set_attention_backend(backend)
            yield
        finally:
            pipe.transformer.set_attention_backend("native")  # diffusers keeps it for the whole process

    return change


@contextmanager
def fused(pipe: Any, case: Case) -> Iterator[None]:
    """The adapter added into the weights."""
    pipe.transformer.fuse_lora()
    pipe.transformer.unload_lora()
    yield


@contextmanager
def layerwise_fp8(pipe: Any, case: Case) -> Iterator[None]:
    """Weights kept in float8 without scales, cast to bf16 layer by layer."""
    pipe.transformer.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=pipe.transformer.dtype)
    yield


def quantised(config: str) -> Change:
    """Linear layers of the blocks under a scheme of torchao."""

    @contextmanager
    def change(pipe: Any, case: Case) -> Iterator[None]:
        from torchao import quantization

        for block in blocks(pipe.transformer):
            quantization.quantize_(block, getattr(quantization, config)())
        yield

    return change


def first_block(threshold: float) -> Change:
    """Skip the other blocks where the first one's output hardly changed since the last step."""

    @contextmanager
    def change(pipe: Any, case: Case) -> Iterator[None]:
        from diffusers import FirstBlockCacheConfig

        pipe.transformer.enable_cache(FirstBlockCacheConfig(threshold=threshold))
        yield

    return change


@contextmanager
def taylorseer(pipe: Any, case: Case) -> Iterator[None]:
    """Extrapolate the last layer in time, and compute every third step; lite, since all layers' would not fit beside 20B."""
    from diffusers import TaylorSeerCacheConfig

    config = TaylorSeerCacheConfig(
        cache_interval=3, disable_cache_before_step=case.card.steps // 8, use_lite_mode=True, taylor_factors_dtype=torch.float32
    )
    pipe.transformer.enable_cache(config)
    yield


@contextmanager
def magcache(pipe: Any, case: Case) -> Iterator[None]:
    """Skip steps while the residual's magnitude, calibrated by one whole run before, promises a small error."""
    from diffusers import MagCacheConfig

    printed = StringIO()  # diffusers prints the ratios and keeps them nowhere
    with redirect_stdout(printed):
        pipe.transformer.enable_cache(MagCacheConfig(num_inference_steps=case.card.steps, calibrate=True))
        pipe(**case.call())
    pipe.transformer.disable_cache()
    ratios = ast.literal_eval(next(line for line in printed.getvalue().splitlines() if line.startswith("[1.0")))
    pipe.transformer.enable_cache(MagCacheConfig(num_inference_steps=case.card.steps, mag_ratios=ratios))
    yield


@contextmanager
def one_batch(pipe: Any, case: Case) -> Iterator[None]:
    """Both passes of true CFG as one batch of two, the shorter prompt padded."""
    transformer, encode = pipe.transformer, pipe.encode_prompt
    forward = transformer.forward
    embedded: list[torch.Tensor] = []
    second: list[torch.Tensor] = []

    def remember(*args: Any, **kwargs: Any) -> Any:
        found = encode(*args, **kwargs)
        embedded[:] = [*embedded[-1:], found[0]]
        return found

    def both(**kwargs: Any) -> Any:
        if second:
            return (second.pop(),)
        longest = max(each.shape[1] for each in embedded)
        texts = [pad(each, (0, 0, 0, longest - each.shape[1])) for each in embedded]
        mask = torch.arange(longest)[None] < torch.tensor([[each.shape[1]] for each in embedded])
        kwargs |= {
            "hidden_states": kwargs["hidden_states"].repeat(2, 1, 1),
            "timestep": kwargs["timestep"].repeat(2),
            "encoder_hidden_states": torch.cat(texts),
            "encoder_hidden_states_mask": mask.to(texts[0].device),
            "img_shapes": kwargs["img_shapes"] * 2,
        }
        first, other = forward(**kwargs)[0].chunk(2)
        second.append(other)
        return (first,)

    pipe.encode_prompt, transformer.forward = remember, both
    try:
        yield
    finally:
        del pipe.encode_prompt, transformer.forward


def together(*changes: Change) -> Change:
    """Several changes, in this order."""

    @contextmanager
    def change(pipe: Any, case: Case) -> Iterator[None]:
        with ExitStack() as stack:
            for each in changes:
                stack.enter_context(each(pipe, case))
            yield

    return change


def adapted(case: Case) -> bool:
    """Whether a LoRA is on."""
    return bool(case.card.adapters)


def not_adapted(case: Case) -> bool:
    """Quantised weights can't be drawn under an adapter that is not fused."""
    return not bool(case.card.adapters)


def guided(case: Case) -> bool:
    """Whether every step asks the model twice."""
    return case.guided


def long(case: Case) -> bool:
    """Whether there are enough steps for a step cache."""
    return case.card.steps >= MANY_STEPS


@contextmanager
def fused_where_adapted(pipe: Any, case: Case) -> Iterator[None]:
    """`fused` for adapters, nothing else."""
    with fused(pipe, case) if case.card.adapters else plain(pipe, case):
        yield


@contextmanager
def fastest_attention(pipe: Any, case: Case) -> Iterator[None]:
    """cuDNN's kernel on a GPU, torch's own choice elsewhere."""
    with attention("_native_cudnn" if pipe.transformer.device.type == "cuda" else "native")(pipe, case):
        yield


EXACT = (fused_where_adapted, channels_last, tf32, fastest_attention, compiled)
"""What changes no more than rounding."""
FP8 = quantised("Float8DynamicActivationFloat8WeightConfig")


@contextmanager
def engine(pipe: Any, case: Case) -> Iterator[None]:
    """What the diffusion engine switches on by itself on this device."""
    kind: Kind = "cuda" if pipe.transformer.device.type == "cuda" else "cpu"
    memory = torch.cuda.get_device_properties(0).total_memory / GB if kind == "cuda" else math.inf
    device = Device(name="cuda:0" if kind == "cuda" else "cpu", title="this device", kind=kind, memory_gb=memory)
    fastest = ladder(case.card, device)[0]
    if fastest.precision != "bf16":
        raise ValueError(f"the engine would hold it in {fastest.precision} here")
    with running(pipe, case.card, fastest, device):
        yield


PLAIN = Setting("plain diffusers", plain)
ENGINE = Setting("as the engine runs it", engine)
ALL_EXACT = Setting("together: compiled, cuDNN, channels last, TF32", together(*EXACT))
ALL_CACHED = Setting("together, first-block cache 0.08", together(*EXACT, first_block(0.08)), suits=long)
ALL_CACHED_MORE = Setting("together, first-block cache 0.15", together(*EXACT, first_block(0.15)), suits=long)
ALL_FP8 = Setting("together, fp8 matrix products", together(fused_where_adapted, FP8, *EXACT[1:]), cuda=True)
ALL_BOTH = Setting(
    "together, fp8 matrix products, first-block cache 0.08",
    together(fused_where_adapted, FP8, *EXACT[1:], first_block(0.08)),
    suits=long,
    cuda=True,
)
BEST = (ALL_EXACT, ALL_CACHED, ALL_CACHED_MORE, ALL_FP8, ALL_BOTH)

SINGLE = (
    ENGINE,
    Setting("TF32 for float32", tf32),
    Setting("autoencoder channels last", channels_last),
    Setting("autoencoder in tiles", tiling),
    Setting("blocks compiled", compiled),
    Setting("attention: cuDNN", attention("_native_cudnn"), cuda=True),
    Setting("attention: torch's flash", attention("_native_flash"), cuda=True),
    Setting("attention: flash-attn", attention("flash"), cuda=True),
    Setting("attention: sage", attention("sage"), cuda=True),
    Setting("adapter fused", fused, suits=adapted),
    Setting("fp8 storage, cast by layer", layerwise_fp8, suits=not_adapted),
    Setting("torchao fp8 weights", quantised("Float8WeightOnlyConfig"), suits=not_adapted),
    Setting("torchao int8 weights", quantised("Int8WeightOnlyConfig"), suits=not_adapted),
    Setting("torchao fp8 matrix products", FP8, suits=not_adapted, cuda=True),
    Setting("first-block cache 0.08", first_block(0.08), suits=long, skips=True),
    Setting("first-block cache 0.15", first_block(0.15), suits=long, skips=True),
    Setting("TaylorSeer, every 3rd step", taylorseer, suits=long, skips=True),
    Setting("MagCache 0.06", magcache, suits=long, skips=True),
    Setting("true CFG as one batch", one_batch, suits=guided),
)


def settings(case: Case) -> tuple[Setting, ...]:
    """What is measured for a case, the plain loop first."""
    chosen = (*SINGLE, *BEST) if case.sweep else (ENGINE, *BEST)
    return (PLAIN, *(each for each in chosen if each.suits(case)))
