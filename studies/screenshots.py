"""Screenshots of a comparison's page for the README: light, dark and narrow.

    python studies/screenshots.py runs/<time>/report.html docs

This needs Chromium, its driver, and Selenium.
"""

import shutil
import sys
from pathlib import Path

from selenium import webdriver

# name of the file: width, height, colour scheme, state of the sliders, and the element at the top
SHOTS = {
    "report_light": (1100, 1640, "light", "#setting=2&law=fan_in&size=1&depth=10&step=0", "body"),
    "report_dark": (1100, 1040, "dark", "#setting=2&law=fan_in&size=1.4142&depth=4&step=10", "#training"),
    "report_narrow": (400, 1040, "light", "#setting=0&law=std&size=0.01&depth=4&step=0", "#try"),
}


def main(page: str, folder: str) -> None:
    """Write one PNG per entry of SHOTS into the folder."""
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(option)
    options.binary_location = shutil.which("chromium") or ""
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    for name, (width, height, scheme, state, top) in SHOTS.items():
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get("about:blank")
        browser.get(Path(page).resolve().as_uri() + state)
        browser.execute_script(f"document.querySelector({top!r}).scrollIntoView({{behavior: 'instant'}})")
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))
    browser.quit()


if __name__ == "__main__":
    main(*sys.argv[1:])
