"""The table `intersection` of the site file: which one it is, where, and by which timing sheet."""

from typing import Annotated

from pydantic import Field

from edge.config.fields import Date, Decimal, Text, Whole
from edge.config.row import Row, optional, setting
from edge.model.units import PhaseNumber

APhase = Annotated[PhaseNumber, Whole(1, 16)]


class LocationRow(Row):
    """`intersection.location`, for maps."""

    lat: Annotated[float, Decimal(-90, 90)] = Field(description="Latitude, degrees (WGS 84).")
    lon: Annotated[float, Decimal(-180, 180)] = Field(description="Longitude, degrees (WGS 84).")


class MainStreetRow(Row):
    """`intersection.main_street`, for reports."""

    name: Annotated[str, Text()] = Field(description="Its name.")
    phases: list[APhase] = Field(description="Its through phases.")


class SheetRow(Row):
    """`intersection.sheet`: which timing sheet this file states."""

    revision: Annotated[str, Text()] = setting("", "Revision of the timing sheet.")
    date: Annotated[tuple[int, int, int] | None, Date()] = optional("Its date.")
    prepared_by: Annotated[str, Text()] = setting("", "Who prepared it.")
    approved_by: Annotated[str, Text()] = setting("", "Who approved it.")
    replaces: Annotated[str, Text()] = setting("", "The revision it replaces.")
    note: Annotated[str, Text(1000)] = setting("", "What changed, and why.")


class IntersectionRow(Row):
    """`intersection`."""

    id: Annotated[int, Whole(1, 999_999)] = Field(
        description="The number of the intersection; DeviceId of the event log."
    )
    name: Annotated[str, Text(empty=False)] = Field(description="The two streets.")
    timezone: Annotated[str, Text(60, empty=False)] = Field(description="IANA time zone, such as America/Denver.")
    location: LocationRow | None = optional("Where it is.")
    main_street: MainStreetRow | None = optional("The main street.")
    sheet: SheetRow | None = optional("The timing sheet this file states.")
