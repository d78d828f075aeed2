"""The rendered requests, one list per tool, in the order of the tools."""

from eval.suites.rendered.requests import (
    background_remove,
    create,
    edit,
    face_swap,
    image_to_video,
    model_swap,
    packshot,
    product_to_model,
    reframe,
    try_on,
    upscale,
)

REQUESTS = (
    product_to_model.REQUESTS,
    try_on.REQUESTS,
    packshot.REQUESTS,
    model_swap.REQUESTS,
    create.MODELS,
    create.PORTRAITS,
    edit.REQUESTS,
    reframe.REQUESTS,
    background_remove.REQUESTS,
    face_swap.REQUESTS,
    upscale.REQUESTS,
    image_to_video.REQUESTS,
)
