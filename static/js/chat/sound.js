// A short sound for an answer, made here and now: nothing is loaded, nothing plays unless asked for.

import { keep } from "./storage.js";

const SOUND = "kdl-chat:sound";
const kept = keep("localStorage");
let context = null;

/** Whether the patient wants to hear answers. */
export const wantsSound = () => kept.get(SOUND) === "on";

/** Remember the wish; plays once, so that one knows what it will be. */
export function setSound(on) {
  if (on) {
    kept.set(SOUND, "on");
    chime();
  } else {
    kept.remove(SOUND);
  }
}

/** Play two soft notes; silent where the browser wants a touch of the page first. */
export async function chime() {
  try {
    context ??= new AudioContext();
    await context.resume();
    [659.25, 880].forEach((frequency, place) => {
      const start = context.currentTime + place * 0.12;
      const note = context.createOscillator();
      const volume = context.createGain();
      note.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(0.12, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
      note.connect(volume).connect(context.destination);
      note.start(start);
      note.stop(start + 0.4);
    });
  } catch {
    // No sound is no reason to stop.
  }
}
