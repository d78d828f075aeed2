"""The look that Gradio's own components get; everything else is in `assets/style.css`."""

import gradio as gr
from gradio.themes.utils import colors, fonts, sizes

SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
INK = colors.Color(
    name="ink",
    c50="#faf9f7",
    c100="#f3f1ed",
    c200="#e6e2dc",
    c300="#d2ccc3",
    c400="#a39c92",
    c500="#756f67",
    c600="#57524c",
    c700="#3d3935",
    c800="#262321",
    c900="#191716",
    c950="#100f0e",
)


def theme() -> gr.themes.Base:
    """Warm paper and ink, system fonts, nothing from the network."""
    return gr.themes.Base(
        primary_hue=INK,
        secondary_hue=INK,
        neutral_hue=INK,
        text_size=sizes.text_sm,
        spacing_size=sizes.spacing_md,
        radius_size=sizes.radius_sm,
        font=[fonts.Font(each) for each in SANS],
        font_mono=[fonts.Font(each) for each in MONO],
    ).set(
        body_background_fill="#fbfaf8",
        body_background_fill_dark="#141312",
        block_border_width="0px",
        block_shadow="none",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_padding="0px",
        button_primary_background_fill="*neutral_900",
        button_primary_background_fill_hover="*neutral_700",
        button_primary_text_color="#ffffff",
        button_primary_background_fill_dark="*neutral_100",
        button_primary_background_fill_hover_dark="#ffffff",
        button_primary_text_color_dark="*neutral_900",
    )
