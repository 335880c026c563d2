"""`frcnn-viz lessons`: which there are, proof of a teacher's own, grading of a class, and sheets to print."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress, track
from rich.table import Column, Table

from frcnn_viz.cli.output import (
    DeviceOption,
    JsonOption,
    ModelOption,
    RandomOption,
    console,
    print_tables,
    tell_left_out,
    write_csv,
    write_json,
)

if TYPE_CHECKING:
    from frcnn_viz.lessons import Lesson, Scene
    from frcnn_viz.lessons.gradebook import Gradebook
    from frcnn_viz.lessons.shelf import Shelf

lessons = typer.Typer(
    help="Lessons: list them, prove your own, grade a class, print a sheet of questions.", no_args_is_help=True
)

OwnOption = Annotated[
    Path | None, typer.Option("--lessons", metavar="FOLDER", help="Lessons of your own, each a .py file, which is run.")
]
MOST_SHOWN = 15
"""Lines of the table of mistakes; the files have all."""


@lessons.command("list")
def list_lessons(own: OwnOption = None, output: JsonOption = "") -> None:
    """Print every lesson: what one can do after it, and what its picture must have."""
    rows = [
        {
            "number": lesson.number,
            "name": lesson.name,
            "title": lesson.title,
            "goal": lesson.goal,
            "needs": [(need.__doc__ or need.__name__).partition("\n")[0] for need in lesson.needs],
            "page": lesson.page,
        }
        for lesson in _shelf(own)
    ]
    if output:
        write_json(output, {"lessons": rows})
        return
    table = Table("", Column("name", no_wrap=True), "title", "goal", "needs on the picture")
    for row in rows:
        table.add_row(str(row["number"]), row["name"], row["title"], row["goal"], " ".join(row["needs"]))
    print_tables(table)


@lessons.command()
def check(
    path: Annotated[Path, typer.Argument(help="Your lesson, a .py file, or a folder of them; they are run.")],
    model: ModelOption = "street-fpn",
    pictures: Annotated[int, typer.Option(min=1, max=36, help="On how many of the pictures that come along.")] = 4,
    device: DeviceOption = "auto",
    random_weights: RandomOption = False,
    output: JsonOption = "",
) -> None:
    """Prove lessons of your own on real pictures; exit 1 unless all is well.

    The right answer must pass, each wrong answer be recognised as itself, the same seed give the same question, the
    code give the right answer, and every text be short enough.
    """
    from frcnn_viz.lessons.check import check as faults_of

    shelf = _shelf(path)
    keys, open_scene = _studio(model, device, random_weights)
    scenes = [open_scene(key) for key in keys[:pictures]]
    told = {
        lesson.name: faults_of(lesson, scenes)
        for lesson in track(shelf.own, "checking", console=console, transient=True)
    }
    if output:
        write_json(output, {"lessons": told, "left_out": list(shelf.broken)})
    if output != "-":
        for name, faults in told.items():
            count = _count(len(faults), "fault") if faults else f"all is well on {_count(len(scenes), 'picture')}"
            print(f"{name}: {count}")
            for fault in faults:
                print(f"  {fault}")
    if shelf.broken or any(told.values()) or not told:
        raise typer.Exit(1)


@lessons.command()
def grade(
    folder: Annotated[Path, typer.Argument(help="The files that students downloaded, also in folders in it.")],
    own: OwnOption = None,
    table: Annotated[Path | None, typer.Option("--csv", help="One row a student and lesson.")] = None,
    device: DeviceOption = "auto",
    output: JsonOption = "",
) -> None:
    """Judge every answer of students' files again, by tensors that are computed now.

    What a file says of itself counts for nothing. A file that is none is named, and the others are graded.
    """
    from frcnn_viz.lessons.gradebook import COLUMNS, files_of, grade_files, rows_of
    from frcnn_viz.lessons.opening import shared_opener

    known, files = _shelf(own), files_of(folder)
    with Progress(console=console, transient=True) as bar:
        each = bar.track(files, description="grading")
        book = grade_files(folder, each, known, shared_opener(device))
    tell_left_out(book.broken)
    rows = [row for student in book.students for row in rows_of(student, known)]
    if table:
        write_csv(table, COLUMNS, rows)
    if output:
        mistakes = [
            {"lesson": one.lesson, "mistake": one.reason, "students": len(one.made), "mended": len(one.mended)}
            for one in book.mistakes
        ]
        write_json(output, {"rows": rows, "mistakes": mistakes, "left_out": list(book.broken)})
    if output != "-":
        _tell(book, rows)
    if not book.students:
        raise typer.Exit(1)


@lessons.command()
def sheet(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[LESSON]...", help="Numbers or names, such as 1 3 fit; else all.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The HTML file to write; a browser prints it.")] = Path("sheet.html"),
    picture: Annotated[
        str, typer.Option(help="A picture's file, or its name in a link; else each lesson draws one.")
    ] = "",
    model: ModelOption = "street-fpn",
    seed: Annotated[str, typer.Option(help="Pictures and numbers are drawn by it.")] = "0",
    answers: Annotated[bool, typer.Option("--answers", help="With the answers, for the teacher.")] = False,
    own: OwnOption = None,
    device: DeviceOption = "auto",
    random_weights: RandomOption = False,
) -> None:
    """Write a sheet to print: questions with their pictures, and room for the answers."""
    from frcnn_viz.figures.sheet import Part, sheet_html
    from frcnn_viz.lessons import CannotAsk, LessonError, Stage

    parts = []
    keys, open_scene = _studio(model, device, random_weights)
    for lesson in track(_chosen(_shelf(own), names), "asking", console=console, transient=True):
        try:
            scene = open_scene(picture) if picture else lesson.find_scene(keys, open_scene, seed, Stage.PREDICT)
            questions = lesson.questions(scene, seed)
            parts.append(Part(lesson, scene, tuple(one.settled() for one in questions) if answers else questions))
        except (CannotAsk, LessonError) as error:
            tell_left_out([f"{lesson.number}. {lesson.title}: {error}"])
    if not parts:
        raise ValueError("no lesson can ask anything here; choose another picture or detector.")
    out.write_text(sheet_html(parts, seed, answers=answers), encoding="utf-8")
    print(f"{out}: {_count(len(parts), 'lesson')}, {_count(sum(len(one.questions) for one in parts), 'question')}")


def _shelf(own: Path | None) -> Shelf:
    from frcnn_viz.lessons.shelf import Shelf, with_folder

    shelf = with_folder(own) if own else Shelf()
    tell_left_out(shelf.broken)
    return shelf


def _chosen(shelf: Shelf, names: Iterable[str] | None) -> list[Lesson]:
    known = {text: lesson for lesson in shelf for text in (lesson.name, str(lesson.number))}
    if strange := [name for name in names or () if name not in known]:
        raise ValueError(f"there is no lesson {strange[0]!r}; `frcnn-viz lessons list` has them.")
    return [known[name] for name in names] if names else list(shelf)


def _studio(model: str, device: str, random_weights: bool) -> tuple[list[str], Callable[[str], Scene]]:
    """The pictures that go with a detector, and what makes a scene of any, given by its key or file."""
    from frcnn_viz.data.images import load_image
    from frcnn_viz.lessons import Scene
    from frcnn_viz.lessons.opening import SHARED_BYTES, open_picture, samples_for
    from frcnn_viz.models.registry import load_detector
    from frcnn_viz.pipeline.memory import Memory

    detector, memory = load_detector(model, device, random_weights=random_weights), Memory(SHARED_BYTES)

    def open_scene(key: str) -> Scene:
        picture = (load_image(Path(key)), None) if Path(key).is_file() else open_picture(key)
        return Scene.of(key, *picture, detector, random=random_weights, memory=memory)

    return samples_for(detector), open_scene


def _tell(book: Gradebook, rows: list[dict[str, Any]]) -> None:
    students = Table("student", "file", "points", "questions", "right at once", "told otherwise", "not judged")
    for student in book.students:
        of = [row for row in rows if row["file"] == student.file]
        students.add_row(
            student.record.student,
            student.file,
            f"{student.points:.2f}".removesuffix(".00"),
            *(str(sum(row[name] for row in of)) for name in ("questions", "right_at_once", "told_otherwise")),
            str(len(student.grades) - len(student.judged)),
        )
    made = Table("lesson", "mistake", "students", "right in the end")
    for one in book.mistakes[:MOST_SHOWN]:
        made.add_row(one.lesson, one.reason, str(len(one.made)), str(len(one.mended)))
    print_tables(students, *[made] * bool(book.mistakes))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
