"""`stopline import sumo`: complete site files from the traffic lights of any SUMO network. Needs no SUMO, only its files.

The way: `net` reads the XML; `links` holds what one traffic light controls and who yields to whom; `stages` and `dual` find the
phases (`layout`); `loops` places detectors; `actuation` says whom they call; `timing` computes plans; `write` writes the file.
"""
