// Made from docs/state.schema.json by tests/support/page_types.py; tests/page/test_page.py says how to write it anew.

declare namespace Live {
  /** Something to be told. */
  interface AlertState {
    /** Names it as long as it lasts. */
    "key": string;
    /** What it is about. */
    "kind": "uncovered" | "force" | "clock" | "feed" | "store";
    /** How grave it is. */
    "level": "serious" | "warning";
    /** Since when it holds. [ms] */
    "since": number | null;
    /** What it is. */
    "title": string;
    /** What lies behind it. */
    "text": string;
    /** By whom it was seen. */
    "acknowledged": string | null;
  }

  /** A clock of an incident. */
  interface ClockReading {
    /** Key of its objective. */
    "key": string;
    /** What a reader calls it. */
    "title": string;
    /** Its limit. [s] */
    "limit_s": number;
    /** When it began to run. [ms] */
    "started": number | null;
    /** When it stopped. [ms] */
    "stopped": number | null;
    /** How it stands at `now`; a running one may have run out since. */
    "state": "waiting" | "running" | "late" | "met" | "missed";
    /** Whether its limit was seen in its source. */
    "verified": boolean;
  }

  /** What is reached in time; zones and first due only where they changed. */
  interface CoverNews {
    /** What cover is held to. */
    "objective": ObjectiveState;
    /** Shares by each kind of demand; the first is that of the headline. */
    "measures": Array<MeasureState>;
    /** Units left by kind; the first is the kind that cover is measured by. */
    "free": Array<FreeState>;
    /** How unusual that is. */
    "drawdown": DrawdownState;
    /** The same for the whole force. */
    "force": ForceCoverState | null;
    /** What all of this rests on. */
    "basis": string;
    /** As in the state; left out: as before. */
    "zones"?: string;
    /** As in the state; left out: as before. */
    "first"?: FirstDueState;
  }

  /** What is reached in time. */
  interface CoverState {
    /** What cover is held to. */
    "objective": ObjectiveState;
    /** Shares by each kind of demand; the first is that of the headline. */
    "measures": Array<MeasureState>;
    /** Units left by kind; the first is the kind that cover is measured by. */
    "free": Array<FreeState>;
    /** How unusual that is. */
    "drawdown": DrawdownState;
    /** The same for the whole force. */
    "force": ForceCoverState | null;
    /** What all of this rests on. */
    "basis": string;
    /** Base64: one byte a zone: 0 never, 1 lost now, 2 by one unit, 3 by two or more, 4 not asked of here. */
    "zones": string;
    /** Who is first due where. */
    "first": FirstDueState;
  }

  /** How unusual it is to have so few left. */
  interface DrawdownState {
    /** 0 (usual) to `of`. */
    "level": number;
    /** The highest level. */
    "of": number;
    /** How many are left, in words. */
    "title": string;
    /** What the level is taken from. */
    "usual": string;
  }

  /** How one of the feeds is doing. */
  interface FeedLineState {
    /** What it is called. */
    "name": string;
    /** As "quiet": silent for longer than it should be; "troubled": it cannot be read, and is tried again; "ended": it
has come to its end; "none": nothing has come yet. */
    "state": "ok" | "quiet" | "troubled" | "ended" | "none";
    /** When something usable last came, by the server's wall clock. [ms] */
    "last_word": number | null;
    /** Its own rhythm at this hour of the day: of its silences every second is shorter; null: not known yet. [s] */
    "usual_s": number | null;
    /** What is wrong, in a sentence; null: nothing. */
    "trouble": string | null;
    /** When it is tried again, by the server's wall clock; null: it is not waited for. [ms] */
    "retry_at": number | null;
    /** Events that came since the service began. */
    "events": number;
    /** What was set aside of it since then. */
    "refused": number;
  }

  /** Who is first due where. */
  interface FirstDueState {
    /** Units, in the order in which `zones` counts them. */
    "units": Array<string>;
    /** Base64: one byte a zone, the place of its unit in `units`; 255: nobody. */
    "zones": string;
  }

  /** What the force of an objective reaches in time. */
  interface ForceCoverState {
    /** Its key in the standard. */
    "key": string;
    /** What a reader calls it, with its limit. */
    "title": string;
    /** Its limit. [s] */
    "limit_s": number;
    /** Share that has to be reached, 0 to 1; null: none is set. */
    "share": number | null;
    /** Whether its limit was seen in its source. */
    "verified": boolean;
    /** By each kind of demand. */
    "measures": Array<ForceMeasureState>;
  }

  /** A share of demand that the force reaches in time. */
  interface ForceMeasureState {
    /** What demand is counted by. */
    "name": string;
    /** What a reader calls that, with the ground and the incidents that the objective speaks of. */
    "unit": string;
    /** All of it that lies in a zone. */
    "n": number;
    /** How much more of it lies in no zone, and is in no figure. */
    "left_out": number;
    /** The share with all units at home, 0 to 1. */
    "home": number | null;
    /** The share now, 0 to 1. */
    "now": number | null;
  }

  /** How far the force of an incident is assembled. */
  interface ForceState {
    /** Of the objective that asks for it. */
    "title": string;
    /** What it asks for, in words. */
    "needs": string;
    /** What of it is on scene. */
    "have": string;
    /** What of it is on scene or on its way. */
    "sent": string;
    /** As of its clock. */
    "state": "waiting" | "running" | "late" | "met" | "missed";
  }

  /** How many units of a kind are free. */
  interface FreeState {
    /** Which kind. */
    "kind": "engine" | "truck" | "rescue" | "ambulance" | "battalion";
    /** What a reader calls them. */
    "title": string;
    /** How many are free. */
    "free": number;
    /** Of how many. */
    "of": number;
  }

  /** What GET /api/ground gives: it does not change while the service runs. */
  interface Ground {
    /** What stands over the page. */
    "title": string;
    /** IANA zone of local time. */
    "timezone": string;
    /** Whether the data are real, invented, ... */
    "provenance": string;
    /** Where they come from. */
    "source": string;
    /** Of when they are. */
    "data_date": string;
    /** Of fireplan. */
    "version": string;
    /** South-west and north-east corner, each latitude before longitude. */
    "bounds": Array<Array<number>>;
    /** What cover is held to. */
    "objective": ObjectiveState;
    /** What zones are weighed by. */
    "weight": WeightState;
    /** Every station. */
    "stations": Array<StationState>;
    /** Every zone. */
    "zones": ZonesState;
    /** Streets by class, thinned out. */
    "roads": Array<RoadsState>;
    /** Whether a history is played. */
    "replay": boolean;
    /** What a reader calls each status of a unit. */
    "statuses": Record<string, string>;
  }

  /** How the feed is doing. */
  interface HealthState {
    /** The gravest that holds. */
    "state": "ok" | "quiet" | "late" | "skewed" | "gaps" | "none";
    /** What the feed is called. */
    "source": string;
    /** Newest stamp. [ms] */
    "last_event": number | null;
    /** Newest receipt. [ms] */
    "last_received": number | null;
    /** Since the last receipt. [s] */
    "silent_s": number;
    /** Events a minute. */
    "per_minute": number;
    /** From stamp to receipt, median. [s] */
    "lag_s": number;
    /** From stamp to receipt, 95th percentile. [s] */
    "lag_p95_s": number;
    /** How far the feed's clock is ahead. [s] */
    "skew_s": number;
    /** Numbers that are missing: first and last of each gap. */
    "gaps": Array<Array<number>>;
    /** How many numbers those are. */
    "gaps_n": number;
    /** How often the numbering began anew. */
    "resets": number;
    /** Events that came again. */
    "duplicates": number;
    /** Events that were set aside. */
    "refused": number;
    /** Events that came long after newer ones. */
    "late": number;
    /** Units that it spoke of and nobody knows. */
    "unknown_units": Array<string>;
    /** Events in all. */
    "events": number;
    /** What is wrong, in sentences. */
    "notes": Array<string>;
    /** What was set aside lately, the newest first. */
    "refusals": Array<RefusalState>;
    /** Share that was set aside of the last thousand that came, 0 to 1; null: nothing has come. */
    "refused_share": number | null;
    /** One of these, for the commonest reason; null: there is none. */
    "refused_example": RefusalState | null;
    /** Each feed by itself; none for a moment of the past. */
    "feeds": Array<FeedLineState>;
  }

  /** An hour of the day. */
  interface HourState {
    /** Of local time, 0 to 23. */
    "hour": number;
    /** Received in it. */
    "incidents": number;
    /** Fewest units that were free at once. */
    "free_least": number;
  }

  /** An incident on the board. */
  interface IncidentState {
    /** As the feed names it. */
    "incident_id": string;
    /** As the dispatch system writes it. */
    "call_type": string | null;
    /** What kind of call that is. */
    "category": string;
    /** As the dispatch system writes it. */
    "priority": string | null;
    /** In words. */
    "address": string | null;
    /** Where it is. */
    "at": Array<number> | null;
    /** When the call was received; else the first that was heard of it. [ms] */
    "received": number | null;
    /** Whether it runs. */
    "open": boolean;
    /** When it was over. [ms] */
    "closed": number | null;
    /** The zone that it lies in. */
    "zone_id": string | null;
    /** The station in whose ground that zone lies. */
    "district": string | null;
    /** The units that were sent, in that order. */
    "units": Array<ResponseState>;
    /** Its clocks; none where it is held to no objective. */
    "clocks": Array<ClockReading>;
    /** The force that it asks for. */
    "force": ForceState | null;
    /** What should be looked at. */
    "flags": Array<string>;
  }

  /** A share of demand that one unit reaches in time. */
  interface MeasureState {
    /** What demand is counted by. */
    "name": string;
    /** What a reader calls that, with the ground and the incidents that the objective speaks of. */
    "unit": string;
    /** All of it that lies in a zone. */
    "n": number;
    /** How much more of it lies in no zone, and is in no figure. */
    "left_out": number;
    /** The share with all units at home, 0 to 1. */
    "home": number | null;
    /** The share now, 0 to 1. */
    "now": number | null;
    /** What it will be. */
    "soon": Array<SoonState>;
  }

  /** A move that is advised. */
  interface MoveState {
    /** The station that it would leave; null: it is on the road. */
    "from": string | null;
    /** Names it as long as it is advised. */
    "key": string;
    /** Which unit. */
    "unit_id": string;
    /** The station that it would stand by at. */
    "to": string;
    /** What that one is called. */
    "to_name": string;
    /** How long it drives. [s] */
    "drive_s": number;
    /** Demand that comes back into cover. */
    "regains": number;
    /** Demand that falls out of it. */
    "loses": number;
    /** What is gained in all. */
    "net": number;
    /** What demand is counted in. */
    "unit": string;
    /** What is gained for each minute of driving. */
    "per_minute": number;
    /** Why. */
    "reason": string;
  }

  /** An objective of the standard. */
  interface ObjectiveState {
    /** Its key in the standard. */
    "key": string;
    /** What a reader calls it, with its limit. */
    "title": string;
    /** Its limit. [s] */
    "limit_s": number;
    /** Share that has to be reached, 0 to 1; null: none is set. */
    "share": number | null;
    /** Whether its limit was seen in its source. */
    "verified": boolean;
  }

  /** A measure of response performance. */
  interface PerformanceRow {
    /** Its key. */
    "measure": string;
    /** What a reader calls it. */
    "title": string;
    /** Records that it is taken from. */
    "n": number | null;
    /** 90th percentile. [s] */
    "p90_s": number | null;
    /** Its interval's lower end. [s] */
    "p90_low_s": number | null;
    /** Its interval's upper end; null: there is none. [s] */
    "p90_high_s": number | null;
    /** Limit of its objective. [s] */
    "limit_s": number | null;
    /** Share that is to be within the limit, 0 to 1. */
    "goal": number | null;
    /** Share within the limit, 0 to 1. */
    "share": number | null;
    /** Its interval's lower end. */
    "share_low": number | null;
    /** Its interval's upper end. */
    "share_high": number | null;
    /** Whether the goal is met. */
    "met": boolean | null;
    /** Whether the limit was seen in its source. */
    "verified": boolean | null;
    /** What has to be known beside it. */
    "note": string;
  }

  /** Something that was set aside. */
  interface RefusalState {
    /** When it came. [ms] */
    "received": number | null;
    /** Its line in the feed's file. */
    "line": number | null;
    /** Why, in one word. */
    "code": string;
    /** Why, in a sentence. */
    "reason": string;
  }

  /** What a unit did at an incident, by instants. [ms] */
  interface ResponseState {
    /** Which unit. */
    "unit_id": string;
    /** It was sent. */
    "dispatched": number | null;
    /** It set off. */
    "enroute": number | null;
    /** It was on scene. */
    "arrived": number | null;
    /** It was free again. */
    "cleared": number | null;
    /** It was called off, and its part is over. */
    "cancelled": boolean;
  }

  /** Streets of a class. */
  interface RoadsState {
    /** How large. */
    "class": "major" | "middle" | "minor";
    /** Packed numbers: points of each line. */
    "counts": string;
    /** Packed steps in hundred-thousandths of a degree. */
    "points": string;
  }

  /** A share covered in a while, as units come back. */
  interface SoonState {
    /** From now. [s] */
    "in_s": number;
    /** The share, 0 to 1. */
    "within": number | null;
  }

  /** The state as GET /api/state and a `snapshot` of /api/stream give it. */
  interface State {
    /** That instant on the feed's clock. [ms] */
    "now": number;
    /** Every unit. */
    "units": Array<UnitState>;
    /** Incidents that run, and those closed lately. */
    "incidents": Array<IncidentState>;
    /** What is reached in time. */
    "cover": CoverState;
    /** Moves that are advised, the best first. */
    "advice": Array<MoveState>;
    /** What has to be told, the gravest first. */
    "alerts": Array<AlertState>;
    /** How the feed is doing. */
    "health": HealthState;
    /** Whether this is now; false: a moment of the past. */
    "live": boolean;
    /** Seconds of the feed's clock for each second; 1 but in a replay. */
    "speed": number;
    /** Whether the feed's clock stands. */
    "paused": boolean;
    /** Another one: the service began anew. */
    "boot": string;
    /** Counts updates; that of the state says which it holds. */
    "rev": number;
    /** The server's wall clock when this was worked out; `now` may be that of a replay. [ms] */
    "wall": number;
    /** How the store is doing. */
    "store": StoreState;
    /** How many of the events kept it shows. */
    "upto": number;
    /** Instants of the first event and the last. [ms] */
    "range": Array<number> | null;
    /** Response performance of the day so far; left out until it was first measured. */
    "today"?: TodayState;
    /** The day hour by hour; left out until it was first measured. */
    "hours"?: Array<HourState>;
    /** Who is asking. */
    "role": "viewer" | "operator";
  }

  /** A station. */
  interface StationState {
    /** As the project names it. */
    "station_id": string;
    /** What it is called. */
    "name": string;
    /** Where it is. */
    "at": Array<number>;
    /** Whether it is staffed. */
    "open": boolean;
  }

  /** How the store of events is doing. */
  interface StoreState {
    /** As "slow": a commit has not ended yet; "gone": its file was deleted or replaced. Unless it is "ok" or "slow",
nothing is acknowledged. */
    "state": "ok" | "slow" | "unreachable" | "full" | "locked" | "corrupt" | "gone";
    /** Since when that is so, by the server's wall clock; null: it is ok. [ms] */
    "since": number | null;
    /** When something last became durable, by the server's wall clock. The service sees to it every few seconds, also
without events. [ms] */
    "last_commit": number | null;
    /** What is wrong, and its mend, in a sentence; "" while it is ok. */
    "said": string;
  }

  /** Response performance of the day so far. */
  interface TodayState {
    /** Local midnight. [ms] */
    "start": number;
    /** Up to when. [ms] */
    "at": number;
    /** Where the data come from. */
    "basis": string;
    /** How percentiles are taken. */
    "method": string;
    /** What has to be known beside it. */
    "note": string;
    /** The measures. */
    "rows": Array<PerformanceRow>;
  }

  /** How a unit stands. */
  interface UnitState {
    /** As the project names it, or the feed. */
    "unit_id": string;
    /** Its type in the project; "unknown" where it has none. */
    "type": string;
    /** Where it is at home. */
    "station_id": string | null;
    /** Whether it is in the project. */
    "known": boolean;
    /** What it does. */
    "status": "in_quarters" | "returning" | "available" | "moved_up" | "dispatched" | "enroute" | "staged" | "on_scene" | "transporting" | "at_hospital" | "out_of_service" | "unknown";
    /** Since when. [ms] */
    "since": number | null;
    /** Where it is at work. */
    "incident_id": string | null;
    /** Where it is. */
    "at": Array<number> | null;
    /** Whether it can be sent. */
    "free": boolean;
    /** When it is taken to be at its post. [ms] */
    "home_by": number | null;
    /** The station that it is at, or on its way to. */
    "post": string | null;
    /** The way to its call, where it sends no positions: an estimate. */
    "way": WayState | null;
    /** What should be looked at. */
    "flags": Array<string>;
  }

  /** An `update` of /api/stream: what changed since the revision before. A part that is left out is as it was. */
  interface Update {
    /** The revision that it leads to. */
    "rev": number;
    /** The instant on the feed's clock. [ms] */
    "now": number;
    /** As in the state. */
    "wall": number;
    /** As in the state. */
    "speed": number;
    /** As in the state. */
    "paused": boolean;
    /** As in the state. */
    "upto": number;
    /** Units that changed, each whole. */
    "units"?: Array<UnitState>;
    /** Incidents that changed, each whole. */
    "incidents"?: Array<IncidentState>;
    /** Units and incidents that are no longer shown. */
    "gone"?: Array<string>;
    /** Whole, but for zones and first due. */
    "cover"?: CoverNews;
    /** Whole. */
    "advice"?: Array<MoveState>;
    /** Whole. */
    "alerts"?: Array<AlertState>;
    /** Whole. */
    "today"?: TodayState;
    /** Whole. */
    "hours"?: Array<HourState>;
    /** Whole. */
    "health"?: HealthState;
    /** Whole. */
    "store"?: StoreState;
    /** Instants of the first event and the last. [ms] */
    "range"?: Array<number> | null;
  }

  /** The way of a unit to its call. */
  interface WayState {
    /** When it set off. [ms] */
    "from": number;
    /** The line that it is taken to drive. */
    "points": Array<Array<number>>;
    /** When it is taken to be there. [ms] */
    "to": number;
  }

  /** What zones are weighed by. */
  interface WeightState {
    /** Of the demand. */
    "name": string;
    /** What a reader calls it. */
    "unit": string;
  }

  /** Outlines of all zones. */
  interface ZonesState {
    /** How many zones. */
    "n": number;
    /** Packed numbers: for each zone its polygons, for each of these its rings, for each of these its points. */
    "structure": string;
    /** Packed steps in hundred-thousandths of a degree. */
    "points": string;
    /** As the project names them. */
    "ids": Array<string>;
    /** Demand of each. */
    "weights": Array<number>;
  }
}
