// What somebody who looks, listens or presses Tab would find wrong on this page: a list of sentences.
() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
  const said = (one) => one.outerHTML.replace(/\s+/g, " ").slice(0, 120);
  const wrong = (what, ones) => found.push(...ones.map((one) => `${what}: ${said(one)}`));
  const named = (one) =>
    one.getAttribute("aria-label")?.trim() ||
    one.getAttribute("title")?.trim() ||
    one.getAttribute("aria-labelledby")?.split(/\s+/).some((id) => document.getElementById(id)?.textContent.trim());

  if (document.querySelectorAll("h1").length !== 1) found.push("It has not one heading of the first rank.");
  if (!document.title.trim() || !document.documentElement.lang) found.push("It has no title or no language.");
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  found.push(...ids.filter((id, place) => ids.indexOf(id) !== place).map((id) => `Two elements have the id ${id}.`));
  wrong("no label", all("input:not([type=hidden]), select, textarea").filter((one) => !one.labels?.length && !named(one)));
  wrong("no name", all("a[href], button, summary").filter((one) => {
    const image = one.querySelector("img[alt]:not([alt='']), svg[aria-label]");
    return !one.textContent.trim() && !named(one) && !image;
  }));
  wrong("no alternative", all("img:not([alt])"));
  wrong("no alternative", all("svg").filter((one) => {
    return !one.closest("[aria-hidden=true]") && !named(one) && !one.querySelector("title");
  }));

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const beyond = all("body *").filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1);
    found.push(`It is ${root.scrollWidth} wide on a screen of ${root.clientWidth}: ${beyond.slice(0, 3).map(said)}`);
  }

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parts = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (colour) => {
    const [r, g, b] = [...parts(colour)].map((part) => {
      return part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    for (let under = one; under; under = under.parentElement) {
      const colour = getComputedStyle(under).backgroundColor;
      if (parts(colour)[3] === 255) return colour;
    }
    return "Canvas";
  };
  const written = all("main *, #header *, nav *").filter((one) => {
    const text = [...one.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    return text && !one.closest("svg, option, :disabled, .visually-hidden");
  });
  for (const one of written) {
    const { color, fontSize, fontWeight } = getComputedStyle(one);
    const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && fontWeight >= 700);
    const [brighter, darker] = [luminance(color), luminance(ground(one))].sort((a, b) => b - a);
    const contrast = (brighter + 0.05) / (darker + 0.05);
    if (contrast < (large ? 3 : 4.5)) found.push(`faint, ${contrast.toFixed(2)}: ${said(one)}`);
  }

  // After a press of Tab, focus given by a script is shown as focus given by the keyboard, but not in an open dialog.
  const here = document.activeElement;
  wrong("invisible focus", all("a[href], button:enabled, summary, input:enabled, select, textarea").filter((one) => {
    one.focus({ preventScroll: true });
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    if (one !== document.activeElement || one.closest("dialog")) return false;
    return outlineStyle === "none" || parseFloat(outlineWidth) < 2;
  }));
  here?.focus?.({ preventScroll: true });
  return [...new Set(found)];
}
