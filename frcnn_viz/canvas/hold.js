// A slider under the hand: `turned` with each value, `released` once it is let go. "change" alone does not tell that: it
// stays away where the value is again what it was at first, and where the pointer or the focus is taken from the slider.
function bindSlider(input, turned, released) {
  let isHeld = false;
  const letGo = () => {
    if (!isHeld) return;
    isHeld = false;
    released(+input.value);
  };
  input.addEventListener("input", () => {
    isHeld = true;
    turned(+input.value);
  });
  for (const end of ["change", "pointerup", "pointercancel", "lostpointercapture", "blur"]) input.addEventListener(end, letGo);
}
