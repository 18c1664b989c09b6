/*
 * What the lists do besides what they say: count down, tick all rows at once, copy a text, and show the hours of the
 * charts in the reader's own zone. Without it every page works, the times just stand still.
 */
(() => {
  "use strict";

  const MINUTE = 60, HOUR = 3600, DAY = 86400;

  /* As `wording.span` writes it. */
  function span(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    if (whole < MINUTE) return `${whole} s`;
    const [large, name, small, minor] = whole < HOUR ? [MINUTE, "min", 1, "s"]
      : whole < DAY ? [HOUR, "h", MINUTE, "min"] : [DAY, "d", HOUR, "h"];
    const rest = Math.floor((whole % large) / small);
    return `${Math.floor(whole / large)} ${name}${rest ? ` ${rest} ${minor}` : ""}`;
  }

  /* What the visitor's clock is off by, in milliseconds: the times are those of the server. */
  const ahead = Date.now() - new Date(document.body.dataset.now || Date.now()).getTime();

  function tick() {
    const now = Date.now() - ahead;
    for (const element of document.querySelectorAll("time[data-countdown], time[data-ago]")) {
      const away = (new Date(element.dateTime).getTime() - now) / 1000;
      const counts = "countdown" in element.dataset;
      const text = counts ? (away >= 1 ? `in ${span(away)}` : "now") : (away <= -1 ? `${span(-away)} ago` : "just now");
      if (element.textContent !== text) element.textContent = text;
      element.title ||= new Date(element.dateTime).toLocaleString();
    }
  }

  function hours(root) {
    for (const element of root.querySelectorAll("[data-tick]")) {
      const form = element.dataset.form === "date" ? { day: "numeric", month: "short" }
        : { hour: "2-digit", minute: "2-digit", hour12: false };
      element.textContent = new Intl.DateTimeFormat(undefined, form).format(new Date(element.dataset.tick));
    }
  }

  function ticks(form) {
    return [...document.querySelectorAll(`input[name="ids"][form="${form}"]`)];
  }

  function reflect() {
    for (const all of document.querySelectorAll("[data-tick-all]")) {
      const boxes = ticks(all.dataset.tickAll);
      const ticked = boxes.filter((box) => box.checked).length;
      all.closest("label").hidden = boxes.length === 0;
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  }

  async function copy(button) {
    const text = document.getElementById(button.dataset.copy);
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
    } catch {
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }

  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-tick-all]");
    if (all) for (const box of ticks(all.dataset.tickAll)) box.checked = all.checked;
    if (all || event.target.name === "ids") reflect();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("keydown", (event) => {
    // Enter would press the first button of the form, whatever that does.
    if (event.key !== "Enter" || !event.target.matches(".actions input, .scan-tick input")) return;
    event.preventDefault();
    if (event.target.name === "priority") event.target.parentElement.querySelector("button").click();
  });
  document.addEventListener("autoscan:updated", () => {
    hours(document);
    tick();
    reflect();
  });

  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  hours(document);
  reflect();
  tick();
  setInterval(() => { if (!document.hidden) tick(); }, 1000);
})();
