package io.advunlearn.evaluation;

/**
 * What became of one gate.
 *
 * @param gate its name, as in {@link Gates}
 * @param bound what was compared: the pessimistic end of a 95 % interval, or a number of trials; {@code null} if it was not measured
 * @param relation {@code at-most} or {@code at-least}: what the bound must be
 * @param limit what it is compared with
 * @param passed whether it holds; never without a bound
 */
public record GateResult(String gate, Double bound, String relation, double limit, boolean passed) {

    static final String AT_MOST = "at-most";
    static final String AT_LEAST = "at-least";

    static GateResult atMost(String gate, Double bound, double limit) {
        return new GateResult(gate, bound, AT_MOST, limit, bound != null && bound <= limit);
    }

    static GateResult atLeast(String gate, double bound, double limit) {
        return new GateResult(gate, bound, AT_LEAST, limit, bound >= limit);
    }
}
