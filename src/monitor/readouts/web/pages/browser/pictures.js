// A picture that does not come leaves the words that stand for it.
export function pictures(root) {
  root.addEventListener(
    "error",
    (event) => {
      const picture = event.target.closest?.("img[data-else]");
      if (picture) picture.replaceWith(picture.dataset.else);
    },
    true,
  );
}
