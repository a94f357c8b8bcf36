// Enough of the PNG format to look at a screenshot: how bright it is, and whether it is blank.

import { inflateSync } from "node:zlib";

/**
 * What an image of 8 bits a channel looks like: its size, its mean brightness from 0 to 1, and the
 * share of its most common colour.
 */
export function look(png) {
	const { width, height, channels, rows } = decode(png);
	const colours = new Map();
	let brightness = 0;
	for (const row of rows) {
		for (let at = 0; at < row.length; at += channels) {
			const [red, green, blue] = [row[at], row[at + 1], row[at + 2]];
			const colour = (red << 16) | (green << 8) | blue;
			colours.set(colour, (colours.get(colour) ?? 0) + 1);
			brightness += red + green + blue;
		}
	}
	const pixels = width * height;
	return {
		width,
		height,
		brightness: brightness / (pixels * 3 * 255),
		colours: colours.size,
		mostCommon: Math.max(...colours.values()) / pixels,
	};
}

function decode(png) {
	const parts = [];
	let header;
	for (let at = 8; at < png.length;) {
		const length = png.readUInt32BE(at);
		const type = png.toString("latin1", at + 4, at + 8);
		const data = png.subarray(at + 8, at + 8 + length);
		if (type === "IHDR") header = data;
		if (type === "IDAT") parts.push(data);
		at += length + 12;
	}
	const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
	const channels = { 2: 3, 6: 4 }[header[9]];
	if (header[8] !== 8 || !channels) throw new Error("a PNG of a kind that no screenshot has");
	return {
		width,
		height,
		channels,
		rows: unfilter(inflateSync(Buffer.concat(parts)), width * channels, channels),
	};
}

/** Each row is stored as its difference from what is left of it and above it. */
function unfilter(data, length, channels) {
	const rows = [];
	let above = new Uint8Array(length);
	for (let at = 0; at < data.length; at += length + 1) {
		const row = new Uint8Array(data.subarray(at + 1, at + 1 + length));
		for (let x = 0; x < length; x++) {
			const left = x >= channels ? row[x - channels] : 0;
			const corner = x >= channels ? above[x - channels] : 0;
			row[x] += guess(data[at], left, above[x], corner);
		}
		rows.push(row);
		above = row;
	}
	return rows;
}

function guess(filter, left, above, corner) {
	if (filter === 0) return 0;
	if (filter === 1) return left;
	if (filter === 2) return above;
	if (filter === 3) return (left + above) >> 1;
	const [a, b, c] = [above - corner, left - corner, left + above - 2 * corner].map(Math.abs);
	if (a <= b && a <= c) return left;
	return b <= c ? above : corner;
}
