from django.http import HttpRequest
from ninja import Router

from rollbook.api.v1.schemas import DECLINED, Id, ImportOut, ImportProblemsOut, ImportsOut
from rollbook.domains.imports import queries as kept
from rollbook.screens.settings import imports as screen

router = Router()


@router.get("/", response={200: ImportsOut, **DECLINED})
def listed(request: HttpRequest, before: Id | None = None) -> dict[str, object]:
    """Imports, newest first; `before` is the id at which the last page ended."""
    found = screen.listing(before=before, by=request.actor)
    return {"imports": found.runs, "next": found.next}


@router.get("/{int:run_id}", response={200: ImportProblemsOut, **DECLINED})
def one(request: HttpRequest, run_id: int) -> dict[str, object]:
    """How far an import is, or what came of it, with all that was wrong, by line."""
    shown = screen.run(run_id=run_id, by=request.actor)
    problems = kept.problems(run_id=run_id, by=request.actor)
    return {**ImportOut.from_orm(shown.run).dict(), "problems": problems}
