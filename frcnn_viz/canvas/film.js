// A film: pictures of one size in the place of the one picture, and boxes that are each in one frame. A scene is one
// where it has `film`:
//   name; urls of the frames; times, in seconds; now: the frame, from 0, that the host is at
//   words: of the controls, as in a court's
// A frame is shown when its picture is there, so that no box ever lies on another frame's picture.
const PACES = [0.25, 0.5, 1, 2], AHEAD = 8, REEL = 64; // frames that are fetched ahead, and kept
const FRAME_AFTER = 150;

// The host's frame is taken where it is not the answer to one that was asked for here.
function takeFilm(S, film) {
  if (!film) {
    S.film = null;
    return;
  }
  if (S.film?.name !== film.name) S.film = { name: film.name, at: film.now, wanted: film.now, told: film.now, asked: [], reel: new Map() };
  const answer = S.film.asked.lastIndexOf(film.now);
  if (answer >= 0) S.film.asked.splice(0, answer + 1);
  else if (film.now !== S.film.told && !S.playing) {
    Object.assign(S.film, { at: film.now, wanted: film.now, told: film.now, asked: [] });
  }
}

// What was asked for last is shown once its picture has come; a frame that cannot be had is shown as an empty one.
function goToFrame(S, frame) {
  const { film } = S, { urls } = S.scene.film, picture = frameOf(S, frame);
  film.wanted = frame;
  for (let n = frame + 1; n <= Math.min(frame + AHEAD, urls.length - 1); n++) frameOf(S, n);
  const put = () => {
    if (S.gone || S.film !== film || film.wanted !== frame) return;
    film.at = frame;
    S.image = picture;
    S.imageUrl = urls[frame];
    S.hover = null;
    filterBoxes(S);
    showStatus(S);
    for (const update of S.controls) update();
    S.repaint();
    tellFrame(S);
  };
  if (picture.complete) put();
  else picture.onload = picture.onerror = put;
}

function frameOf({ film: { reel }, scene }, frame) {
  const url = scene.film.urls[frame], picture = reel.get(url) ?? Object.assign(new Image(), { src: url });
  reel.delete(url); // to the end, of those that are kept
  reel.set(url, picture);
  if (reel.size > REEL) reel.delete(reel.keys().next().value);
  return picture;
}

// Tells the host of the frame, once it has stood still for a moment.
function tellFrame(S) {
  clearTimeout(S.film.timer);
  if (S.playing) return; // the frame that it stops at is told
  S.film.timer = setTimeout(() => {
    if (S.gone || !S.film || S.film.at === S.film.told) return;
    S.film.told = S.film.at;
    S.film.asked.push(S.film.at);
    S.emit("frame", S.film.at);
  }, FRAME_AFTER);
}

// As a court is gone through (player.js); frames are numbered from 0, as they are everywhere.
function filmSteps(S) {
  const { film } = S.scene, { wanted } = S.film;
  return {
    words: film.words, first: 0, last: film.urls.length - 1, step: wanted, speeds: PACES, speed: "pace", isThere: S.film.at === wanted,
    told: () => `Frame ${wanted.toLocaleString("en")} of 0 to ${(film.urls.length - 1).toLocaleString("en")}, at ${film.times[wanted].toFixed(2)} s.`,
    delay: (step) => (1000 * (film.times[step + 1] - film.times[step])) / S.filters.pace,
    go: (step) => goToFrame(S, step),
  };
}
