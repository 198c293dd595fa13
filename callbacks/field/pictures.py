"""``/photos``: a photo of an event, for whoever may open the event."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callbacks.room import Room
from geodata.services import photos
from geodata.services.actors import asking


def router(room: Room) -> APIRouter:
    """The one route; the gate's headers say that nobody keeps what it answers, and that it is what it says it is."""
    api = APIRouter(include_in_schema=False)

    @api.get("/photos/{photo_id}")
    def photo(request: Request, photo_id: str) -> Response:
        small = request.query_params.get("size") == "small"
        found, content = photos.open_photo(room.door.desk(), asking.get(), photo_id, small=small)
        headers = {"Content-Disposition": "inline", "ETag": f'"{found.sha256[:16]}{"s" if small else ""}"'}
        return Response(content, media_type=found.type, headers=headers)

    return api
