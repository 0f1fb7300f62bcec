// What the page finds in the browser beside the browser's own, and what its parts hand to one another.

/** Leaflet, which the page loads by itself. Its own types are not installed: nothing of the state goes through it. */
declare const L: any;

interface Window {
  fireplan: any;
  fireplanLive: any;
  $: any;
}

interface Element {
  /** A row's own way to tell the time. */
  fireplanTick?: (model: Parts.Model) => void;
  /** The row that this is of. */
  fireplanRow?: any;
  /** What the element shows. */
  fireplanOf?: unknown;
}

/** Elements of index.html that are more than a box. */
interface PageElements {
  "ask": HTMLDialogElement;
  "ask-yes": HTMLButtonElement;
  "keys": HTMLDialogElement;
  "legend": HTMLDetailsElement;
  "moment": HTMLInputElement;
  "slider": HTMLInputElement;
  "speed": HTMLSelectElement;
  "units": HTMLDetailsElement;
}

declare namespace Intl {
  interface DateTimeFormat {
    formatToParts(date?: Date | number): Array<{ type: string; value: string }>;
  }
}

declare namespace Parts {
  type Model = import("../../fireplan/live/_page/model.js").Model;
  type Room = import("../../fireplan/_page_kit/browser/label_room.js").Room;
  type Zones = import("../../fireplan/live/_page/ground.js").Zones;
  type LocalTime = import("../../fireplan/live/_page/words.js").LocalTime;
  type ClockState = Live.ClockReading["state"];
  type Truth = import("../../fireplan/live/_page/age.js").Truth;

  /** How old what is seen is, and what makes it so. */
  interface Age {
    /** Infinity: there is no word to measure from. [s] */
    s: number;
    /** The way from the service, its store, or a feed. */
    why: "way" | "store" | "feed";
    /** When it was so, by the server's wall clock. [ms] */
    since: number | null;
    /** The feed. */
    name: string;
    /** Whether other feeds are well. */
    part: boolean;
  }

  /** How a state is spoken of: of the present; of a moment that was asked for; or as one that is old. */
  interface Tense {
    now: "now" | "then" | "if all are home";
    was: string;
    were: string;
    /** When it was known, where it is old: ", known at 14:32" */
    at: string;
  }

  /** What every part of the page may ask for. */
  interface Context {
    ground: Live.Ground;
    time: LocalTime;
    status(key: string): string;
    station(id: string | null | undefined): string | null;
    mayAct(): boolean;
    tense(): Tense;
    old(): Age | null;
    announce(text: string, bad?: boolean): void;
    shown(): void;
    onPick(id: string): void;
    firstDue(zone: number): string | null;
    showIncident(id: string): void;
    showUnit(id: string): void;
    showMove(advice: Live.MoveState | null): void;
  }

  /** What a clock says at this moment. */
  interface Reading {
    state: ClockState;
    passed: number;
    limit: number;
    left: number;
    running: boolean;
  }

  /** What a key sets off. */
  interface Acts {
    theme(): void;
    wall(): void;
    ground(): void;
    next(step: number): void;
    map(): void;
    fit(): void;
    now(): void;
    pause(): void;
    step(minutes: number): void;
  }

  /** A row of a list, kept as long as its item. */
  interface Row<T> {
    element: Element;
    update(item: T): void;
    gone?(): void;
  }

  interface Counts {
    open: number;
    late: number;
  }

  /** Who is first due where: one byte a zone. */
  interface FirstDue {
    units: string[];
    zones: Uint8Array;
  }

  /** Pixel = own coordinate * k + t. */
  interface View {
    k: number;
    tx: number;
    ty: number;
    width: number;
    height: number;
    dpr: number;
    inset: { x: number; y: number };
  }

  /** The coordinates of a sheet. */
  interface Frame {
    place(lon: number, lat: number): [number, number];
    latLng(x: number, y: number): any;
  }

  /** A way that a unit is taken to drive, in the coordinates of the sheet. */
  interface Way {
    points: Array<[number, number]>;
    key: string;
    to: number;
    index(ms: number): [number, number];
    at(ms: number): [number, number];
  }

  interface StationMark {
    id: string;
    name: string;
    open: boolean;
    x: number;
    y: number;
    label?: { text: string; dx: number; dy: number; w: number; h: number } | null;
  }

  interface IncidentMark {
    id: string;
    incident: Live.IncidentState;
    x: number;
    y: number;
    state?: string;
    r?: number;
  }

  /** A unit on the map: where it is, from where it glides, and how it is drawn. */
  interface UnitMark {
    id: string;
    x: number;
    y: number;
    fx: number;
    fy: number;
    ox: number;
    oy: number;
    fox: number;
    foy: number;
    since: number;
    fresh: boolean;
    unit?: Live.UnitState;
    way?: Way | null;
    family?: string;
    outline?: string;
    to?: IncidentMark | null;
    text?: string;
    w?: number;
    cw?: number;
    ch?: number;
    small?: boolean;
  }

  /** Units at one place. */
  interface Group {
    rank: number;
    away: number;
    marks: UnitMark[];
    x: number;
    y: number;
  }

  /** Something on the map that a click finds. */
  interface Hit {
    kind: "unit" | "incident" | "station";
    id: string;
    x: number;
    y: number;
    w: number;
    h: number;
    cx: number;
    cy: number;
  }

  /** What a card is open of. */
  type Picked = { kind: "unit" | "incident" | "station"; id: string } | { kind: "zone"; id: number };
}

/** The map on which a day goes by. */
declare namespace Playback {
  type Way = ReturnType<typeof import("../../fireplan/_page_kit/browser/way_along.js").wayAlong>;

  /** A time in which a unit is in one state at one place, or on one way; all in seconds of the day. */
  interface Spell {
    begins: number;
    ends: number;
    state: number;
    call: number;
    at: number;
    way: number;
    out: number;
    there: number;
  }

  interface Unit {
    name: string;
    type: string;
    station: number;
    own: boolean;
    begins: number[];
    spells: Spell[];
  }

  interface Call {
    begins: number;
    ends: number;
    at: [number, number] | null;
    category: string;
    priority: string;
    reached: number;
    late: number;
  }

  /** A unit at one moment: where it is, and how much of its way it has driven. */
  interface Placed {
    unit: Unit;
    row: number;
    state: number;
    call: number;
    at: [number, number] | null;
    way: Way | null;
    share: number;
  }

  /** A call that is open. */
  interface Open {
    call: Call;
    row: number;
    state: "waiting" | "reached" | "late";
  }

  interface Moment {
    t: number;
    units: Placed[];
    calls: Open[];
    out: number;
    own: number;
  }

  interface Hit {
    kind: "unit" | "call";
    row: number;
    x: number;
    y: number;
    w: number;
    h: number;
  }
}
