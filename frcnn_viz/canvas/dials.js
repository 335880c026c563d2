// Settings of a layer's stage: the boxes follow while a dial is held, the server when it is let go.
function addDial(S, l, role) {
  const dial = () => S.scene.layers[l].sieve.dials[role];
  const { setting, label, help, low, high, step } = dial(), digits = step < 0.01 ? 3 : step < 1 ? 2 : 0;
  const turn = (value) => {
    S.dialHeld = setting;
    S.asked.set(setting, value);
    keepAsked(S, S.scene.layers[l]);
  };
  const letGo = (value) => {
    S.dialHeld = null;
    S.asked.set(setting, value);
    S.askedSerial = `${S.name}:${++S.askedCount}`;
    // all that is not answered, should one have been lost
    S.emit("dials", { values: Object.fromEntries(S.asked), serial: S.askedSerial });
  };
  const range = { min: low, max: high, step, title: help };
  addSlider(S, label, range, () => dial().now, (v) => v.toFixed(digits), turn, letGo);
}

// What was asked for here stands until the host has answered, whatever its answer is.
function takeAnswer(S) {
  if (S.askedSerial && S.scene.answered === S.askedSerial) for (const setting of S.asked.keys())
    if (setting !== S.dialHeld) S.asked.delete(setting);
}

function keepAsked(S, layer) {
  const dials = Object.entries(layer.sieve.dials);
  for (const [, dial] of dials) {
    const { setting, value } = dial, asked = S.asked.get(setting);
    dial.now = asked ?? value;
  }
  const answered = dials.every(([, dial]) => dial.now === dial.value);
  layer.turned = !answered;
  const now = Object.fromEntries(dials.map(([role, dial]) => [role, dial.now]));
  if (layer.sieve.steps) {
    holdCourt(layer, answered ? layer.sieve.steps : judge(layer, now.nmsIou), now.nmsIou);
    takeStep(layer, S.filters.step);
    return;
  }
  layer.groups = answered ? layer.given : sift(layer, { ...layer.sieve.fixed, ...now });
  layer.groupCounts = countGroups(layer);
}
