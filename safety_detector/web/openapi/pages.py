"""``/docs`` without any other server, and what ``/problems/{code}`` says of a problem's type."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, FastAPI, Path, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from safety_detector.web.answers import base_path
from safety_detector.web.problems.problem import RequestProblem, known_kinds

# Swagger UI's files lie in this package; its own pages would need inline scripts.
_ASSETS = files("fastapi_offline") / "static"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>safety-detector API</title>
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""

# Swagger UI sets styles on elements and carries its icons as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


def install_documentation(app: FastAPI) -> None:
    """Adds the pages and their files."""
    app.include_router(router)
    app.mount("/docs/assets", StaticFiles(directory=str(_ASSETS)), name="docs-assets")


@router.get("/docs")
async def read_docs() -> Response:
    """The page with Swagger UI."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/openapi.json")
async def read_description(request: Request) -> Response:
    """The API's description, written once: anybody may ask for it, as often as they like."""
    app, base = request.app, base_path(request)
    kept: tuple[str, bytes] | None = getattr(app.state, "description", None)
    if kept is None or kept[0] != base:
        document = app.openapi()
        if base:
            document = {**document, "servers": [{"url": base}, *document.get("servers", [])]}
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        kept = app.state.description = base, text.encode()
    return Response(kept[1], media_type="application/json")


@router.get("/docs/start.js")
async def read_start() -> Response:
    """The page's own script."""
    return Response(_START, media_type="text/javascript")


@router.get("/problems/{code}")
async def read_problem_kind(code: Annotated[str, Path(max_length=64)]) -> JSONResponse:
    """What a problem's ``type`` leads to."""
    kind = known_kinds().get(code)
    if kind is None:
        raise RequestProblem("not-found", f"There is no kind of problem {code[:64]!r}.")
    return JSONResponse(
        {
            "code": kind.code,
            "title": kind.title,
            "status": int(kind.status),
            "meaning": kind.meaning,
        }
    )
