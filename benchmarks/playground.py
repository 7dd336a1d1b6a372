"""How fast the playground trains and draws in Chromium, and how large its page is.

    python benchmarks/playground.py [seconds]

For one start and for three it prints the steps per second of each, all together, and the times between two frames. This
needs Chromium, its driver, and Selenium.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from selenium import webdriver

import scratchnet as sn
from scratchnet.report.playground_page import write_playground

MEASURE = """
    const [racers, seconds, done] = arguments;
    const until = (condition, then) => (condition() ? then() : setTimeout(() => until(condition, then), 50));
    state.racers = racers;
    restart();
    until(() => race.spreads, () => {
        race.guess = "skipped";
        race.until = 1e6;
        play();
        setTimeout(() => {
            const steps = race.step, began = performance.now(), frames = [];
            let last = began;
            const frame = (now) => {
                frames.push(now - last);
                last = now;
                if (now - began < 1000 * seconds) return requestAnimationFrame(frame);
                pause();
                return done([(race.step - steps) * 1000 / (now - began), frames.slice(1)]);
            };
            requestAnimationFrame(frame);
        }, 500);
    });
"""


def main(seconds: float = 10.0) -> None:
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"):
        options.add_argument(option)
    options.binary_location = shutil.which("chromium") or ""
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    browser.set_script_timeout(10 * seconds)
    with tempfile.TemporaryDirectory() as folder:
        path = write_playground(sn.load_mnist()[0], Path(folder) / "playground.html")
        print(f"the page: {path.stat().st_size / 1000:,.0f} kB")
        for racers in ("2", "0,1,2"):
            browser.get("about:blank")
            browser.get(path.as_uri())
            rate, frames = browser.execute_async_script(MEASURE, racers, seconds)
            count = len(racers.split(","))
            print(
                f"{count} start(s) of 784–100×4–10, batch 64: {rate:.0f} steps/s each, {rate * count:.0f} in all; frames: "
                f"median {statistics.median(frames):.1f} ms, 95 % below {sorted(frames)[int(0.95 * len(frames))]:.1f} ms"
            )
    browser.quit()


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
