"""Recorded detector events as an input device: what a real signal's loops said, again, in the time of the given clock.

Terminals are the log's detector numbers (`"16"`) and push-buttons (`"p6"`). The recording begins when it has been read and
ends once: after its last line every sample says `ok=False` and ages, as of a device that was switched off.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Thread

from drivers.base import WORKER, Clock, DriverOpenError, OpenDevice
from drivers.replay_log import Recording, read_recording
from drivers.timeline import Timeline
from edge.model.detectors import InputSample
from edge.model.devices import Device, DeviceHealth, DeviceState, ReplayOptions
from edge.model.site import Channel
from edge.model.units import Ms

RETRY_S = 1.0
"""Pause before a log that could not be read is looked for again."""


class ReplayDevice:
    """The input face of one recorded log. A worker reads the file, and looks for it again while it is missing."""

    def __init__(self, name: str, options: ReplayOptions, clock: Clock) -> None:
        self.name = name
        self._log = Path(options.log)
        self._clock = clock
        self._stop = Event()
        self._reader: Thread | None = None
        self._said = f"replay device {name}: not started"
        self._playing: tuple[Ms, Timeline, Ms] | None = None
        self._samples: dict[str, InputSample] = {}
        self._last_ms: Ms | None = None

    @classmethod
    def open_all(
        cls, devices: Sequence[Device], channels: Mapping[str, tuple[Channel, ...]], clock: Clock
    ) -> dict[str, OpenDevice]:
        """Every replay device by name. Raises DriverOpenError if lamps are wired to one, for a log lights none."""
        opened = {}
        for device in devices:
            if not isinstance(device.options, ReplayOptions):
                raise DriverOpenError(f"device {device.name}: {device.options} are not the options of a replay device")
            if channels.get(device.name):
                raise DriverOpenError(f"device {device.name}: a recorded log lights no lamps; wire channels elsewhere")
            opened[device.name] = OpenDevice(device.name, cls(device.name, device.options, clock), None)
        return opened

    def start(self) -> None:
        """Begin to read the log; the recording plays from the moment it has been read."""
        if self._reader is None:
            self._stop = Event()
            self._said = f"replay device {self.name}: reading {self._log}"
            self._reader = Thread(target=self._load, name=f"{WORKER}replay {self.name}", daemon=True)
            self._reader.start()

    def stop(self) -> None:
        """End the worker; the recording stands still and its samples age."""
        self._stop.set()
        if self._reader is not None:
            self._reader.join()
            self._reader = None
        self._playing = None
        self._said = f"replay device {self.name}: not started"

    def latest(self) -> Mapping[str, InputSample]:
        """Where every input of the log stands now; all not ok once the recording has ended."""
        if self._playing is not None:
            began_ms, timeline, length_ms = self._playing
            now = self._clock()
            ended = now - began_ms > length_ms
            taken_ms = began_ms + length_ms if ended else now
            self._last_ms = taken_ms
            self._samples = {
                name: InputSample(occupied, count, taken_ms, ok=not ended)
                for name, (occupied, count) in timeline.at(now - began_ms).items()
            }
        return self._samples

    def health(self) -> DeviceHealth:
        """UP while the recording plays; DOWN before it, without its file, and after its end."""
        if self._playing is None:
            return DeviceHealth(DeviceState.DOWN, self._last_ms, self._said)
        began_ms, _, length_ms = self._playing
        elapsed_ms = self._clock() - began_ms
        if elapsed_ms > length_ms:
            said = f"replay device {self.name}: {self._log} ended after {length_ms // 1000} s; restart to play it again"
            return DeviceHealth(DeviceState.DOWN, began_ms + length_ms, said)
        return DeviceHealth(DeviceState.UP, began_ms + elapsed_ms, "", {"played_s": elapsed_ms // 1000})

    def _load(self) -> None:
        while not self._stop.is_set():
            recording = self._read()
            if recording is not None:
                self._playing = (self._clock(), Timeline(recording.edges), recording.length_ms)
                return
            self._stop.wait(RETRY_S)

    def _read(self) -> Recording | None:
        try:
            with self._log.open(encoding="utf-8", newline="") as lines:
                return read_recording(lines, str(self._log))
        except (OSError, UnicodeDecodeError) as error:
            self._said = f"replay device {self.name}: cannot read {self._log} ({error}); check the path after log:"
        except DriverOpenError as error:
            self._said = f"replay device {self.name}: {error}"
        return None
