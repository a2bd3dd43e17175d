package io.advunlearn.evaluation;

import java.util.List;

/**
 * Whether an encoder may be promoted.
 *
 * @param passed whether every gate holds
 * @param gates what became of each
 */
public record Verdict(boolean passed, List<GateResult> gates) {

    /** Names of the gates that do not hold. */
    public List<String> failed() {
        return gates.stream().filter(gate -> !gate.passed()).map(GateResult::gate).toList();
    }
}
