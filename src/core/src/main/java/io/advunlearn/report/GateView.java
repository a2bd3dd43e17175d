package io.advunlearn.report;

import io.advunlearn.evaluation.GateResult;

/** A row of the table of gates. */
record GateView(String gate, String bound, String limit, String state, String result) {

    static GateView of(GateResult gate) {
        boolean share = gate.relation().equals("at-most");
        String bound = gate.bound() == null ? "not measured" : share ? Figures.percent(gate.bound()) : Figures.plain(gate.bound());
        String limit = share ? "at most " + Figures.percent(gate.limit()) : "at least " + Figures.plain(gate.limit());
        return new GateView(gate.gate(), bound, limit, gate.passed() ? "passed" : "failed", gate.passed() ? "✓ holds" : "✗ fails");
    }
}
