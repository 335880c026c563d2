import streamlit as st

from frcnn_viz.analysis.anchor_report import changed, report
from frcnn_viz.analysis.anchor_search import NO_PROMISE, generator_code, search, too_few
from frcnn_viz.analysis.anchor_value import OBJECTIVES
from frcnn_viz.analysis.outcomes import judge_picture
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.lab import PRESETS, comparison, iou_figure, object_layers, object_rows
from frcnn_viz.pipeline.settings import LevelTuples, Settings
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import level_sliders, level_table, setting_slider
from frcnn_viz.ui.objects import ObjectSet, object_wall
from frcnn_viz.ui.page import run_page
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import choose_subjects, this_image
from frcnn_viz.ui.text import plain

SHOWN = 12


def controls(here: Session, level_names: tuple[str, ...]) -> None:
    first, second, preset = st.columns(3)
    with first:
        setting_slider("min_size")
    with second:
        setting_slider("max_size")
    fitting = {"the detector's own": here.defaults.anchor_sizes}
    fitting |= {name: sizes for name, sizes in PRESETS.items() if len(sizes) == len(level_names)}

    def take() -> None:
        sizes = fitting[st.session_state["lab_preset"]]
        one = here.defaults.aspect_ratios[0]
        ratios = here.defaults.aspect_ratios if sizes == here.defaults.anchor_sizes else (one,) * len(sizes)
        session.change_settings(anchor_sizes=sizes, aspect_ratios=ratios)

    preset.selectbox("Preset", list(fitting), key="lab_preset", on_change=take, index=None, placeholder="choose sizes")
    level_sliders("anchor_sizes", level_names)
    with st.expander("Ratios, and a table of both", icon=":material/table:"):
        level_sliders("aspect_ratios", level_names)
        level_table(level_names)


def show_changes(objects: ObjectSet, before: object, after: object, threshold: float) -> None:
    gained, lost = changed(before, after, threshold)

    for title, rows in (("gain", gained), ("lose", lost)):
        if len(rows):
            st.markdown(f"**{len(rows):,} object{'s' * (len(rows) > 1)} {title}** an anchor of IoU {threshold:g}")
            told = [
                (*objects.place(index), f"{float(before.iou[index]):.2f} → {float(after.iou[index]):.2f}")
                for index in rows.tolist()
            ]
            object_wall(told, f"lab_{title}", SHOWN, page="sampling", width=90)
    if not len(gained) and not len(lost):
        st.caption(f"No object gains or loses an anchor of IoU {threshold:g}.")


def show_search(here: Session, objects: ObjectSet) -> None:
    settings = here.settings
    what, seed, button = st.columns([3, 1, 1], vertical_alignment="bottom")
    objective = what.selectbox("Make larger", list(OBJECTIVES), format_func=OBJECTIVES.get, key="lab_objective")
    number = int(seed.number_input("Seed", 0, 1000, key="lab_seed"))
    st.caption(NO_PROMISE)
    if warning := too_few(len(objects), settings.anchor_sizes, settings.aspect_ratios):
        st.warning(warning)
    if button.button("Search", type="primary", key="lab_search", disabled=not len(objects)):

        def told(step: int, steps: int, best: float, sizes: LevelTuples, ratios: LevelTuples) -> bool:
            st.session_state["lab_found"] = (sizes, ratios, f"Stopped after {step} of {steps} steps.")
            tell(step, steps, f"step {step} of {steps}: {best:.4f}")
            return True

        placed = objects.placed(here, settings.min_size, settings.max_size)
        with progress("lab", "The best so far is kept.") as tell:
            found = search(placed, settings.anchor_sizes, settings.aspect_ratios, objective, seed=number, progress=told)
        words = f"{OBJECTIVES[objective]}: {found.before:.4f} → {found.after:.4f} in {found.steps} steps."
        st.session_state["lab_found"] = (found.sizes, found.ratios, words)
    if "lab_found" in st.session_state:
        sizes, ratios, words = st.session_state["lab_found"]
        st.success(words)
        st.code(generator_code(sizes, ratios))
        fits = len(sizes) == len(settings.anchor_sizes)
        st.button(
            "Use these anchors",
            key="lab_use",
            on_click=session.change_settings,
            kwargs={"anchor_sizes": sizes, "aspect_ratios": ratios},
            disabled=not fits,
        )


def misses(here: Session, settings: Settings) -> tuple[int, int, int]:
    found, truth = here.trace_with(settings).detections, here.ground_truth
    outcomes = judge_picture(found.boxes_in_image, found.labels, truth, here.detector.classes)
    return len(found), int(outcomes.found.sum()), int(outcomes.false_alarms.sum())


def show_head(here: Session) -> None:
    if here.ground_truth is None:
        st.info("Nothing is drawn on this picture; choose one with ground truth.")
        return
    try:
        rows = {"its own anchors": misses(here, here.defaults), "these anchors": misses(here, here.settings)}
    except ValueError as error:
        st.info(plain(f"It cannot be run: {error}"))
        return
    if (here.settings.anchor_sizes, here.settings.aspect_ratios) == (
        here.defaults.anchor_sizes,
        here.defaults.aspect_ratios,
    ):
        st.caption("These are the anchors it was trained with. Move a size to see what its deltas make of others.")
    else:
        st.warning(
            "Its deltas were learnt for its own sizes: what it makes of others is no measure of training with them."
        )
    names = ("detections", f"found of {int((~here.ground_truth.ignored).sum())}", "false alarms")
    st.dataframe([{"with": name, **dict(zip(names, row, strict=True))} for name, row in rows.items()], hide_index=True)


def show_this_image(here: Session) -> None:
    truth, threshold = here.ground_truth.counted, here.settings.rpn_fg_iou_thresh
    these = ObjectSet.of([this_image(here)])
    placed = these.placed(here, here.settings.min_size, here.settings.max_size)
    fit = report(placed, here.settings.anchor_sizes, here.settings.aspect_ratios, threshold).fit
    height, width = here.image.size
    left, right = st.columns([3, 2])
    with left:
        layers = object_layers(truth.boxes_in_image, truth.names, fit, threshold, here.trace.input)
        box_canvas(CanvasScene(here.image_url, width, height, layers), "lab_canvas")
    with right:
        rows = object_rows(these.number.tolist(), truth.names, placed.sizes, fit, threshold, placed.level_names)
        st.dataframe(rows, hide_index=True, height=420)
        st.caption("Sizes are square roots of areas, in resized pixels.")


def body(here: Session) -> None:
    objects = ObjectSet.of(choose_subjects(here, "Objects of", "lab_set"))
    now, own = here.settings, here.defaults
    placed = objects.placed(here, now.min_size, now.max_size)
    controls(here, placed.level_names)
    if len(now.anchor_sizes) != len(placed.level_names):
        raise ValueError(
            f"the anchors have {len(now.anchor_sizes)} levels but the detector has {len(placed.level_names)} maps; "
            "reset the settings."
        )
    st.subheader("Would training like these anchors?")
    if objects.left_out:
        st.caption(objects.left_out)
    if not len(objects):
        st.info("There is no object to match; draw one, or choose the sample scenes.")
        return
    threshold = now.rpn_fg_iou_thresh
    before = report(objects.placed(here, own.min_size, own.max_size), own.anchor_sizes, own.aspect_ratios, threshold)
    after = report(placed, now.anchor_sizes, now.aspect_ratios, threshold)
    left, right = st.columns([3, 2])
    with left:
        st.dataframe(comparison(before.rows, after.rows), hide_index=True)
        st.caption(
            "The detector's own anchors and size → these. Of each object its best anchor counts; no network is run."
        )
    with right:
        chart(iou_figure(before.fit, after.fit, threshold), "lab_ious", 260)
    if here.ground_truth is not None:
        show_this_image(here)
    show_changes(objects, before.fit, after.fit, threshold)
    with st.expander("Search for better anchors", icon=":material/search:"):
        show_search(here, objects)
    st.subheader("What does the trained head do with them?")
    show_head(here)


run_page(
    "lab",
    "Which anchors fit which objects, live: two questions kept apart, for this image or for all.",
    body,
    "anchors",
)
