/* The playground's controls: what is chosen changes the state, which decides what is drawn and raced. */

function drawRacers() {
  const checked = state.racers.split(","), place = $("racers");
  if (place.querySelectorAll("label").length === 0) playground.starts.forEach((one, i) => place.append(element("label", {},
    element("input", { type: "checkbox", value: i }), element("span", { class: "swatch", style: `background: ${ink(one.colour)}` }), one.label)));
  const full = checked.filter(Boolean).length >= MOST_RACERS;
  for (const box of place.querySelectorAll("input")) { box.checked = checked.includes(box.value); box.disabled = full && !box.checked; }
  let own = place.querySelector("output");
  if (!own) place.append(own = element("output", {}));
  const start = race.starts.find((one) => one.own);
  own.replaceChildren(...(start ? [element("span", { class: "swatch", style: `background: ${ink(-1)}` }), `Your sliders: ${sizeWords(state.law, state.size)}`]
    : ["Your sliders are at one of these starts: move them, and they race too."]));
  $("look-start").replaceChildren(...race.starts.map((one, k) => element("option", { value: k }, one.label)));
  looked.start = Math.min(looked.start, Math.max(race.starts.length - 1, 0));
  $("look-start").value = looked.start;
}

function askGuess() {
  const options = [...race.starts.map((one) => one.label), "none of them"];
  $("guesses").replaceChildren(...options.map((one) => element("button", { type: "button", value: one }, one)),
    element("button", { type: "button", value: "skipped" }, "just show me"));
  $("guess").hidden = false;
  $("guesses").firstChild.focus();
}

async function copyLink() {
  toAddress(state);
  try {
    await navigator.clipboard.writeText(location.href);
    $("copy-link").textContent = "Link copied";
  } catch {  // a browser that does not let the page write there
    $("copy-link").textContent = "The link is in the address bar";
  }
  setTimeout(() => { $("copy-link").textContent = "Copy link"; }, 2500);
}

function fillControls() {
  const option = (value, words) => element("option", { value }, words);
  $("depth").max = deepest;
  for (const [name, law] of Object.entries(LAWS)) $("law").append(option(name, law.name));
  playground.activations.forEach((one, i) => $("activation").append(option(i, one.name)));
  playground.optimizers.forEach((one, i) => $("optimizer").append(option(i, one.name)));
  const batches = new Set([...CHOICES.batch, ...playground.settings.map((one) => one.batch)]);
  $("batch").append(...[...batches].sort((a, b) => a - b).map((one) => option(one, one)));
  playground.settings.forEach((one, i) => {
    if (one.law) $("settings").querySelector(".presets").append(element("button", { type: "button", value: i, "aria-pressed": "false" }, one.label));
  });
  const { digits } = playground;
  $("about-digits").textContent = digits ? `The page holds ${digits.train.toLocaleString("en")} images to train on and ${digits.test.toLocaleString("en")} `
    + `that it keeps for the test, with 16 levels of grey.${playground.notes.map((note) => ` ${note}`).join("")}` : playground.notes.join(" ");
}

/* `change` sets the state; while a slider moves, theory follows, and the race starts anew when it rests. */
function wire() {
  const set = (change, parts) => (event) => {
    change(event.target);
    for (const name of ["size", "lr"]) state[name] = Number(state[name].toPrecision(7));  // short in the hash
    redraw(...parts);
    toAddress(state);
  };
  const settle = () => { restart(); toAddress(state); };
  const moving = { size: (slider) => { state.size = 10 ** Number(slider.value); }, depth: (slider) => { state.depth = Number(slider.value); },
                   lr: (slider) => { state.lr = 10 ** Number(slider.value); } };
  for (const [id, change] of Object.entries(moving)) {
    $(id).addEventListener("input", set(change, ["theory", "map"]));
    $(id).addEventListener("change", settle);
  }
  const choosing = {
    law: (choice) => {  // another law, with the same std in the hidden layers
      const n = setting().hidden.at(-1), std = state.size * LAWS[state.law].unit(n, n);
      state.law = choice.value;
      state.size = Math.min(Math.max(std / LAWS[state.law].unit(n, n), 1e-3), 10);
    },
    activation: (choice) => { state.activation = Number(choice.value); },
    optimizer: (choice) => { state.optimizer = Number(choice.value); state.lr = playground.optimizers[state.optimizer].lr; },
    batch: (choice) => { state.batch = Number(choice.value); },
    seed: (field) => { state.seed = Math.min(Math.max(Math.round(Number(field.value)) || 0, 0), 999); },
  };
  for (const [id, change] of Object.entries(choosing)) $(id).addEventListener("change", (event) => { set(change, [])(event); settle(); });
  $("settings").addEventListener("click", (event) => {
    if (!event.target.matches(".presets button")) return;
    applyPreset(Number(event.target.value));
    settle();
  });
  $("racers").addEventListener("change", () => {
    state.racers = [...$("racers").querySelectorAll("input:checked")].map((box) => box.value).join(",");
    settle();
  });
  startMap((log, depth) => {
    const n = setting().hidden.at(-1);
    state.size = Number((10 ** log / Math.sqrt(n) / LAWS[state.law].unit(n, n)).toPrecision(7));
    state.depth = Math.min(depth, deepest);
    redraw("theory", "map");
  }, settle);
  $("play").addEventListener("click", () => {
    if (race.playing) pause();
    else if (race.guess === null) return askGuess();
    else play();
    redraw("news");
    return undefined;
  });
  $("guesses").addEventListener("click", (event) => {
    if (!event.target.matches("button")) return;
    race.guess = event.target.value;
    $("guess").hidden = true;
    $("play").focus();
    play();
    redraw("news");
  });
  $("one-step").addEventListener("click", () => { race.playing = false; send({ kind: "step" }); });
  $("rewind").addEventListener("click", () => { race.playing = false; restart(); });
  $("speed").addEventListener("change", (event) => { race.speed = event.target.value; if (race.playing) play(); });
  $("copy-link").addEventListener("click", copyLink);
  $("strip-layer").addEventListener("change", () => redraw("strips"));
  $("settings").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => { readState(); restart(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (levels) drawThumbs(0); redrawAll(); });
  watchScreen();
  let width = 0;
  new ResizeObserver(() => {
    if ($("playground-body").clientWidth === width) return;
    width = $("playground-body").clientWidth;
    redraw("theory", "map", "loss");
  }).observe($("playground-body"));
}
