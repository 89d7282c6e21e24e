// Words for those who do not see the page.

const announcements = document.getElementById("announcements");

/** Speaks to a screen reader. */
export function announce(text) {
  announcements.textContent = "";
  // A change in the next frame is spoken even if the text is the same as before.
  requestAnimationFrame(() => {
    announcements.textContent = text;
  });
}
