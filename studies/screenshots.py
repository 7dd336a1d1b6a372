"""Screenshots of the pages for the README and for a look: a comparison's page, and the playground at work.

    python studies/screenshots.py runs/<time>/report.html docs
    python studies/screenshots.py runs/<time>/report.html FOLDER --all     # at three widths, light and dark
    python studies/screenshots.py --playground docs                        # docs/playground.webp, the page at work

This needs Chromium, its driver, and Selenium; the animated picture needs Pillow too, which Matplotlib brings.
"""

import argparse
import io
import shutil
import tempfile
import time
from pathlib import Path

from PIL import Image
from selenium import webdriver

import scratchnet as sn
from scratchnet.report.playground_page import write_playground

# name of the file: width, height, colour scheme, state of the page, and the element at the top
SHOTS = {
    "report_light": (1100, 1640, "light", "", "body"),
    "report_dark": (1100, 1040, "dark", "#step=10", "#training"),
    "report_narrow": (400, 1040, "light", "#setting=0&racers=0,1,2", "#playground"),
}
WIDTHS, HASHES = (1280, 768, 375), {"default": "", "depth20": "#depth=20", "extreme": "#law=std&size=1&depth=4&racers=0,1,2"}

# The page at work: the size of its picture, the last step, and the steps between two frames.
WIDTH, HEIGHT, UNTIL, EVERY = 1100, 1590, 240, 8


def open_browser() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(option)
    options.binary_location = shutil.which("chromium") or ""
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


def show(browser: webdriver.Chrome, address: str, width: int, height: int, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get("about:blank")
    browser.get(address)
    wait(browser, "return race.spreads !== null")


def wait(browser: webdriver.Chrome, condition: str) -> None:
    while not browser.execute_script(condition):
        time.sleep(0.02)


def shots(browser: webdriver.Chrome, page: str, folder: Path) -> None:
    """One PNG per entry of SHOTS."""
    for name, (width, height, scheme, state, top) in SHOTS.items():
        show(browser, Path(page).resolve().as_uri() + state, width, height, scheme)
        browser.execute_script(f"document.querySelector({top!r}).scrollIntoView({{behavior: 'instant'}})")
        time.sleep(0.3)
        browser.save_screenshot(str(folder / f"{name}.png"))


def all_shots(browser: webdriver.Chrome, page: str, folder: Path) -> None:
    """The whole page at each width, in both schemes and several states, trained for 60 steps."""
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            for name, state in HASHES.items():
                show(browser, Path(page).resolve().as_uri() + state, width, 900, scheme)
                browser.execute_script("race.guess = 'skipped'; race.until = 60; play()")
                wait(browser, "return !race.playing")
                high = browser.execute_script("return document.documentElement.scrollHeight")
                size = {"width": width, "height": high, "deviceScaleFactor": 1, "mobile": False}
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
                time.sleep(0.5)
                browser.save_screenshot(str(folder / f"{name}_{width}_{scheme}.png"))


def animation(browser: webdriver.Chrome, folder: Path) -> Path:
    """The playground at work, as an animated WebP: theory's lines, then the race of three starts."""
    frames, times = [], []

    def take(milliseconds: int) -> None:
        browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        frames.append(Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB"))
        times.append(milliseconds)

    with tempfile.TemporaryDirectory() as place:
        page = write_playground(sn.load_mnist()[0], Path(place) / "playground.html")
        show(browser, page.as_uri() + "#racers=0,1,2", WIDTH, HEIGHT, "light")
        browser.execute_script(
            "document.querySelector('.race').scrollIntoView({behavior: 'instant'}); race.guess = 'skipped'"
        )
        time.sleep(0.5)
        take(1200)
        for step in range(EVERY, UNTIL + 1, EVERY):
            browser.execute_script(f"race.playing = true; send({{ kind: 'play', until: {step}, delay: 0 }})")
            wait(browser, "return !race.playing")
            browser.execute_script("race.playing = true; redraw('news')")
            take(100)
        times[-1] = 2500
    path = folder / "playground.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=times, loop=0, quality=70, method=6)
    return path


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("page", nargs="?", help="the report.html of a comparison")
    arguments.add_argument("folder", type=Path, help="where the pictures go")
    arguments.add_argument("--all", action="store_true", help="three widths, two schemes and several states")
    arguments.add_argument("--playground", action="store_true", help="the animated picture of the playground")
    given = arguments.parse_args()
    browser = open_browser()
    try:
        if given.playground:
            path = animation(browser, given.folder)
            print(f"{path}: {path.stat().st_size / 1000:,.0f} kB")
        if given.page:
            (all_shots if given.all else shots)(browser, given.page, given.folder)
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
