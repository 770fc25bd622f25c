// Makes dashboards/static/world.geojson: the land of the map, one shape for each country.
//
//   mkdir /tmp/world && cd /tmp/world
//   npm install world-atlas@2.0.2 topojson-client@3 d3-geo@3 d3-geo-projection@4
//   node …/tools/build_world_map.mjs …/dashboards/static/world.geojson
//
// Countries that cross the 180th meridian are cut there: drawn as they come, they smear a stripe
// over the whole map. Antarctica stays away, as nobody browses from it. Two decimals are a
// kilometre, finer than the 1:110m source.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const from = createRequire(pathToFileURL(`${process.cwd()}/`));
const load = (name) => import(pathToFileURL(from.resolve(name)).href);
const { feature } = await load("topojson-client");
const { geoEquirectangular } = await load("d3-geo");
const { geoProject } = await load("d3-geo-projection");

const atlas = JSON.parse(readFileSync(from.resolve("world-atlas/countries-110m.json")));
const round = (place) => place.map((degrees) => Math.round(degrees * 100) / 100);
const isPlace = (value) => typeof value[0] === "number";

// A ring without the places that rounding has made the same as the one before.
function coarse(value) {
  if (!isPlace(value[0])) return value.map(coarse);
  const ring = value.map(round);
  return ring.filter((place, at) => !at || `${place}` !== `${ring[at - 1]}`);
}

// A plate carrée in degrees changes no coordinate; what it does is cut at the edge.
const plate = geoEquirectangular()
  .reflectY(true)
  .scale(180 / Math.PI)
  .translate([0, 0])
  .precision(0);
const land = feature(atlas, atlas.objects.countries);
land.features = land.features.filter(({ properties }) => properties.name !== "Antarctica");

const features = geoProject(land, plate)
  .features.filter(({ geometry }) => geometry)
  .map(({ geometry }) => ({
    type: "Feature",
    properties: {},
    geometry: { type: geometry.type, coordinates: coarse(geometry.coordinates) },
  }));
const text = JSON.stringify({ type: "FeatureCollection", features });
writeFileSync(process.argv[2], text);
console.log(`${features.length} countries, ${text.length} bytes`);
