/*
 * What pages do besides what they say: keep themselves up to date, and show moments in the reader's own zone.
 *
 * <div data-live="/queue/rows" data-every="3">: its content is replaced by what that address answers, every three
 * seconds, with If-None-Match, and not while the tab is hidden. What the reader does stays as it is: focus, opened
 * <details>, ticked boxes, text in fields. Rows that come and go carry data-key, so that they are told apart.
 * While the address does not answer, the page says so: what it shows is old.
 * After each change the element gets the event "autoscan:updated", and so does the document once at the beginning.
 */
(() => {
  "use strict";

  const FORMS = {
    both: { dateStyle: "medium", timeStyle: "medium" },
    date: { dateStyle: "medium" },
    time: { timeStyle: "medium" },
  };

  function localise(root) {
    for (const element of root.querySelectorAll("time[datetime][data-form]")) {
      const moment = new Date(element.dateTime);
      if (!Number.isNaN(moment.getTime())) {
        element.textContent = new Intl.DateTimeFormat(undefined, FORMS[element.dataset.form]).format(moment);
      }
    }
  }

  function keyOf(node) {
    return node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id || "" : "";
  }

  function keepsOwn(element, name) {
    return (name === "open" && element.nodeName === "DETAILS")
      || (name === "checked" && element.nodeName === "INPUT")
      || (name === "value" && element.nodeName === "INPUT" && element === document.activeElement);
  }

  function update(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !keepsOwn(old, name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value && !keepsOwn(old, name)) old.setAttribute(name, value);
    }
    updateContent(old, fresh);
  }

  function updateContent(old, fresh) {
    const keyed = new Map();
    for (const child of old.children) if (keyOf(child)) keyed.set(keyOf(child), child);
    let place = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      const key = keyOf(next);
      const match = key ? keyed.get(key) : place && !keyOf(place) ? place : null;
      if (match && match.nodeName === next.nodeName) {
        keyed.delete(key);
        if (match === place) place = place.nextSibling;
        else old.insertBefore(match, place);
        update(match, next);
      } else {
        old.insertBefore(document.importNode(next, true), place);
      }
    }
    while (place) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  }

  function show(element, html) {
    const focused = document.activeElement;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    localise(fresh.content);
    updateContent(element, fresh.content);
    if (focused !== document.activeElement) {
      // What had the focus may have gone: its list is the next best place, from where Tab goes on.
      const next = focused.isConnected ? focused : document.getElementById("main");
      next.focus({ preventScroll: true });
    }
    element.dispatchEvent(new CustomEvent("autoscan:updated", { bubbles: true }));
  }

  /* Say that what is shown may be old, or that it is so no more. */
  function tellStale(stale) {
    const told = document.getElementById("stale");
    if (stale === Boolean(told)) return;
    if (told) return void told.remove();
    const notice = document.createElement("p");
    notice.id = "stale";
    notice.className = "notice notice-wait";
    notice.textContent = "Autoscan does not answer: what stands here may be old. It is asked again by itself.";
    document.getElementById("messages").append(notice);
  }

  class Live {
    constructor(element) {
      this.element = element;
      this.seconds = Number(element.dataset.every) || 3;
      this.tag = "";
      this.failures = 0;
      this.asking = false;
    }

    async ask() {
      if (this.asking || !this.element.isConnected) return;
      this.asking = true;
      try {
        const headers = this.tag ? { "If-None-Match": this.tag } : {};
        const answer = await fetch(this.element.dataset.live, { headers, cache: "no-store" });
        if (answer.status === 401) return void location.reload();
        if (answer.status === 200) {
          this.tag = answer.headers.get("ETag") || "";
          show(this.element, await answer.text());
        }
        this.failures = answer.ok || answer.status === 304 ? 0 : this.failures + 1;
      } catch {
        this.failures += 1;
      } finally {
        this.asking = false;
        this.element.toggleAttribute("data-stale", this.failures > 2);
        tellStale(document.querySelector("[data-stale]") !== null);
        this.later();
      }
    }

    later() {
      clearTimeout(this.timer);
      if (document.hidden || !this.element.isConnected) return;
      const seconds = Math.min(this.seconds * 2 ** Math.min(this.failures, 5), Math.max(60, this.seconds));
      this.timer = setTimeout(() => this.ask(), seconds * 1000);
    }
  }

  function begin() {
    localise(document);
    const lives = [...document.querySelectorAll("[data-live]")].map((element) => new Live(element));
    for (const live of lives) live.later();
    document.addEventListener("visibilitychange", () => {
      for (const live of lives) {
        if (document.hidden) clearTimeout(live.timer);
        else live.ask();
      }
    });
    document.dispatchEvent(new CustomEvent("autoscan:updated"));
  }

  begin();
})();
