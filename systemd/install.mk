# Installing as a service. Included by the Makefile; told in docs/install.md.
#   make install [DESTDIR=/some/root] [WHEELS=folder] [WITH_PROGRAM=no]
# WHEELS: install without a network from a folder made by `make wheels`. WITH_PROGRAM=no: everything but the program.
DESTDIR ?=
WHEELS ?=
WITH_PROGRAM ?= yes
# Debian's own Python, on purpose: the units let nothing outside /usr/bin, /usr/lib and /opt/stopline be executed.
INSTALL_PYTHON ?= /usr/bin/python3
PROGRAM_DIR = /opt/stopline
UNIT_DIR = /usr/lib/systemd/system
SHARE_DIR = /usr/share/stopline
DOC_DIR = /usr/share/doc/stopline
UNITS = stopline.service stopline-failsafe.service stopline-optimiser.service
# What a fresh box gets as its site file: mock devices, so that nothing is driven before someone has written the real one.
SITE_EXAMPLE = config/minimal-2phase.yaml

.PHONY: install install-program install-files uninstall wheels units e2e
install: install-files $(if $(filter yes,$(WITH_PROGRAM)),install-program) install-activate

# A new venv beside the old one, then one rename: a running controller keeps its files, a power cut leaves old or new, and
# the way back is `ln -sfn`. All but these two are removed.
install-program: WHEN := $(shell date -u +%Y%m%dT%H%M%S)
install-program:
	@$(INSTALL_PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(INSTALL_PYTHON) 3.11 or newer with venv is needed: apt install python3-venv" >&2; exit 1; }
	install -d "$(DESTDIR)$(PROGRAM_DIR)"
	$(INSTALL_PYTHON) -m venv "$(DESTDIR)$(PROGRAM_DIR)/venv-$(WHEN)"
	"$(DESTDIR)$(PROGRAM_DIR)/venv-$(WHEN)/bin/python" -m pip install --quiet --disable-pip-version-check \
	  $(if $(WHEELS),--no-index --find-links "$(WHEELS)" "stopline[adaptive]",".[adaptive]")
	$(if $(DESTDIR),cd "$(DESTDIR)$(PROGRAM_DIR)/venv-$(WHEN)" && grep -rlIZ "$(DESTDIR)" bin pyvenv.cfg | xargs -0r sed -i "s|$(DESTDIR)||g")
	sync -f "$(DESTDIR)$(PROGRAM_DIR)"
	cd "$(DESTDIR)$(PROGRAM_DIR)" && before=$$(readlink venv || true) && \
	  ln -sfn venv-$(WHEN) venv.new && mv -T venv.new venv && \
	  for old in venv-*; do [ "$$old" = "$$before" ] || [ "$$old" = venv-$(WHEN) ] || rm -rf "$$old"; done
	sync -f "$(DESTDIR)$(PROGRAM_DIR)"

install-files:
	install -d "$(DESTDIR)$(UNIT_DIR)" "$(DESTDIR)$(SHARE_DIR)/systemd" "$(DESTDIR)$(SHARE_DIR)/config" "$(DESTDIR)$(DOC_DIR)" \
	  "$(DESTDIR)/etc/stopline" "$(DESTDIR)/usr/local/bin"
	install -D -m 0755 systemd/outputs-safe "$(DESTDIR)/usr/lib/stopline/outputs-safe"
	install -m 0644 $(addprefix systemd/,$(UNITS)) "$(DESTDIR)$(UNIT_DIR)/"
	install -D -m 0644 systemd/stopline.sysusers "$(DESTDIR)/usr/lib/sysusers.d/stopline.conf"
	install -D -m 0644 systemd/stopline.tmpfiles "$(DESTDIR)/usr/lib/tmpfiles.d/stopline.conf"
	install -D -m 0644 systemd/stopline.modules-load "$(DESTDIR)/usr/lib/modules-load.d/stopline.conf"
	install -m 0644 systemd/examples/* "$(DESTDIR)$(SHARE_DIR)/systemd/"
	install -m 0644 $(wildcard config/*.*) "$(DESTDIR)$(SHARE_DIR)/config/"
	install -m 0644 LICENSE README.md docs/install.md "$(DESTDIR)$(DOC_DIR)/"
	ln -sfn $(PROGRAM_DIR)/venv/bin/stopline "$(DESTDIR)/usr/local/bin/stopline"
	@test -e "$(DESTDIR)/etc/stopline/intersection.yaml" && echo "kept: /etc/stopline/intersection.yaml" || \
	  install -v -m 0644 $(SITE_EXAMPLE) "$(DESTDIR)/etc/stopline/intersection.yaml"

# Nothing is enabled or started here: that is the technician's word, after `stopline check`.
install-activate:
ifeq ($(DESTDIR),)
	systemd-sysusers stopline.conf
	-systemd-tmpfiles --create stopline.conf # in a chroot without /proc: done at the next boot
	-systemctl daemon-reload
	@echo "Installed. Next: edit /etc/stopline/intersection.yaml, then"
	@echo "  stopline check /etc/stopline/intersection.yaml && systemctl enable --now stopline stopline-optimiser"
	@echo "  (a running controller goes on with the old program until: systemctl restart stopline)"
endif

# /etc/stopline, /var/lib/stopline and the user stay: the site file and the log are not the program's to remove.
uninstall:
ifeq ($(DESTDIR),)
	-systemctl disable --now stopline-optimiser.service stopline.service
	-systemctl stop stopline-failsafe.service
endif
	rm -rf "$(DESTDIR)$(PROGRAM_DIR)" "$(DESTDIR)$(SHARE_DIR)" "$(DESTDIR)$(DOC_DIR)"
	rm -f "$(DESTDIR)/usr/lib/stopline/outputs-safe" $(foreach unit,$(UNITS),"$(DESTDIR)$(UNIT_DIR)/$(unit)") "$(DESTDIR)/usr/local/bin/stopline" \
	  "$(DESTDIR)/usr/lib/sysusers.d/stopline.conf" "$(DESTDIR)/usr/lib/tmpfiles.d/stopline.conf" \
	  "$(DESTDIR)/usr/lib/modules-load.d/stopline.conf"
ifeq ($(DESTDIR),)
	-systemctl daemon-reload
endif
	@echo "Kept: /etc/stopline, /var/lib/stopline, /var/lib/stopline-optimiser and their users."

# Everything an installation without a network needs, for a machine of the same kind and Python as this one.
wheels:
	$(INSTALL_PYTHON) -m venv build/wheel-venv
	build/wheel-venv/bin/python -m pip wheel --quiet --disable-pip-version-check --wheel-dir build/wheels ".[adaptive]"
	@echo "build/wheels: take it along, then make install WHEELS=build/wheels"

units: $(STAMP)
	$(BIN)/python -m pytest tests/units

# A real systemd in a container: needs root, systemd-container, debootstrap. Minutes, not part of `make test`.
e2e: $(STAMP)
	@command -v systemd-nspawn >/dev/null && command -v debootstrap >/dev/null || \
	  { echo "make e2e needs root and: apt-get install systemd-container debootstrap" >&2; exit 69; }
	STOPLINE_E2E=1 $(BIN)/python -m pytest tests/e2e -p no:randomly -s
