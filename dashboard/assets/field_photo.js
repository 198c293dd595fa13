/* A photo: its position is read first, then it is drawn anew and smaller. What a camera writes beside the picture (the
   position, the phone's make, the time) does not leave the phone with it. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const EDGE_MAX = 1600;
  const QUALITY = 0.82;
  const TIFF_LE = 0x4949;
  const GPS_IFD = 0x8825;
  const HEAD_BYTES = 262144;

  /** [lon, lat] of a JPEG's EXIF, null where it has none. */
  function position(buffer) {
    try {
      const view = new DataView(buffer);
      if (view.getUint16(0) !== 0xffd8) return null;
      for (let i = 2; i + 4 < view.byteLength; i += 2 + view.getUint16(i + 2)) {
        const marker = view.getUint16(i);
        if (marker === 0xffda || (marker & 0xff00) !== 0xff00) return null;
        if (marker === 0xffe1 && view.getUint32(i + 4) === 0x45786966) return inTiff(view, i + 10);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // cut off in the middle: there is no position in it
    }
    return null;
  }

  function inTiff(view, base) {
    const little = view.getUint16(base) === TIFF_LE;
    const u16 = (o) => view.getUint16(base + o, little);
    const u32 = (o) => view.getUint32(base + o, little);
    const tags = (ifd) => {
      const found = new Map();
      for (let i = 0, n = u16(ifd); i < n; i += 1) found.set(u16(ifd + 2 + i * 12), ifd + 2 + i * 12 + 8);
      return found;
    };
    const gps = tags(u32(4)).get(GPS_IFD);
    if (gps === undefined) return null;
    const held = tags(u32(gps));
    const degrees = (ref, value) => {
      if (!held.has(ref) || !held.has(value)) return NaN;
      const o = u32(held.get(value));
      const part = (k) => u32(o + k * 8) / u32(o + k * 8 + 4);
      const sign = "SW".includes(String.fromCharCode(view.getUint8(base + held.get(ref)))) ? -1 : 1;
      return sign * (part(0) + part(1) / 60 + part(2) / 3600);
    };
    const [lat, lon] = [degrees(1, 2), degrees(3, 4)];
    const fits = Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && (lat !== 0 || lon !== 0);
    return fits ? [lon, lat] : null;
  }

  /** A picture as a smaller JPEG. Raises where the phone has no memory left for it. */
  async function smaller(picture) {
    const scale = Math.min(1, EDGE_MAX / Math.max(picture.width, picture.height));
    const canvas = F.h("canvas", { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) });
    try {
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
      return await blob.arrayBuffer();
    } finally {
      picture.close();
      canvas.width = canvas.height = 0; // some phones let go of a canvas late, and have room for few
    }
  }

  /** {bytes, lon, lat, at} of a file that was taken or chosen; null for what cannot be read as a picture. */
  async function developed(file) {
    try {
      const found = position(await file.slice(0, HEAD_BYTES).arrayBuffer());
      const bytes = await smaller(await createImageBitmap(file, { imageOrientation: "from-image" }));
      const here = F.place.state.here;
      const [lon, lat] = found || (here ? [here.lon, here.lat] : [null, null]);
      return { bytes, lon, lat, at: Math.round(F.now()) };
    } catch {
      return null;
    }
  }

  /** A photo of an event as it goes into the queue. */
  function item(task, stage, photo, unit) {
    const body = { code: task.code, stage, lon: photo.lon, lat: photo.lat };
    const said = F.t("field.item.photo") + " · " + F.t("photo_stage." + stage);
    return { kind: "photo", key: F.key(), at: photo.at, code: task.code, title: task.title, said, body, unit, bytes: photo.bytes };
  }

  let asked = null; // for what the camera is open: a button's own work, though the button may be drawn anew meanwhile

  /** A button that opens the camera; `taken(photo)` gets what comes of it, `busy(yes)` hears of the work before, and
      `failed(why)` of what is no picture. */
  function button(label, kind, taken, busy, failed) {
    const work = async (file) => {
      shoot.disabled = true;
      if (busy) busy(true);
      const photo = await developed(file);
      shoot.disabled = false;
      if (busy) busy(false);
      if (photo === null) (failed || F.toast)(F.t("field.photo.none"));
      else await taken(photo);
    };
    const shoot = F.h("button", { type: "button", class: kind, onclick: () => shootFor(work) }, F.icon("camera"), F.h("span", {}, label));
    return F.h("span", { class: "shoot" }, shoot);
  }

  function shootFor(work) {
    asked = work;
    F.at("camera").value = ""; // the same picture once more is news too
    F.at("camera").click();
  }

  async function shot() {
    const work = asked;
    const [file] = F.at("camera").files;
    try {
      if (work && file) await work(file);
    } finally {
      if (asked === work) asked = null;
    }
  }

  function begin() {
    F.at("camera").addEventListener("change", shot);
    F.at("camera").addEventListener("cancel", () => (asked = null));
  }

  const shown = new Map(); // id → its picture: fetched once while the page is open, and not again with each drawing

  /** The thumbnail of a photo that the server has; without a network an empty frame, until it is there again. */
  function small(id, label) {
    if (!shown.has(id)) {
      const img = F.h("img", { src: "/photos/" + id + "?size=small", alt: "" });
      img.addEventListener("error", () => (shown.delete(id), img.remove()));
      shown.set(id, img);
    }
    return Object.assign(shown.get(id), { alt: label });
  }

  /** Let go of the pictures of all events but these. */
  function only(ids) {
    for (const id of shown.keys()) if (!ids.has(id)) shown.delete(id);
  }

  F.photo = { begin, position, developed, item, button, small, only, busy: () => asked !== null };
})();
