"""The rendered suites, one per tool, in the order of the tools."""

from eval.suites.rendered import (
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

SUITES = (
    product_to_model.SUITE,
    try_on.SUITE,
    packshot.SUITE,
    model_swap.SUITE,
    create.PEOPLE,
    create.FACES,
    edit.SUITE,
    reframe.SUITE,
    background_remove.SUITE,
    face_swap.SUITE,
    upscale.SUITE,
    image_to_video.SUITE,
)
