"""The rendered suites, one per tool."""

from eval.suites.rendered import background_remove, packshot, product_to_model, reframe, try_on, upscale

SUITES = (product_to_model.SUITE, try_on.SUITE, packshot.SUITE, reframe.SUITE, background_remove.SUITE, upscale.SUITE)
