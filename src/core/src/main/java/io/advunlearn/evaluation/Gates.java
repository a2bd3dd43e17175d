package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The conditions under which an encoder may be promoted. Every one is a limit for the pessimistic end of a 95 % interval, so that a small
 * sample cannot pass by luck. White-box attacks, which no user of a text API can run, are never gates.
 *
 * @param attackSuccess largest upper bound of an attack's success rate, 0 to 1, by the attack's name; {@code any} for those without their own
 * @param retainedMeanLoss largest upper bound of the retained classes' mean loss of accuracy, 0 to 1; {@code null} for no such gate
 * @param retainedWorstLoss largest upper bound of any retained class's loss, 0 to 1; {@code null} for no such gate
 * @param minimumTrials fewest trials of every gated attack; 0 for no such gate
 * @param requiredAttacks attacks that must have been run; {@code null} for those that run by default if {@code any} has a limit, else
 *     those with a limit
 */
public record Gates(Map<String, Double> attackSuccess, Double retainedMeanLoss, Double retainedWorstLoss, int minimumTrials,
        List<String> requiredAttacks) {

    /** No conditions. */
    public static final Gates NONE = new Gates(Map.of(), null, null, 0, List.of());

    public static final String ANY = "any";

    private static final String ATTACK_SUCCESS = "attack-success";
    private static final String MEAN_LOSS = "retained-mean-loss";
    private static final String WORST_LOSS = "retained-worst-loss";
    private static final String MINIMUM_TRIALS = "minimum-trials";
    private static final String REQUIRED = "required-attacks";

    /** @throws IllegalArgumentException naming the gate and what is accepted */
    public Gates {
        List<String> known = Evaluator.textAttacks();
        attackSuccess = Collections.unmodifiableMap(new LinkedHashMap<>(attackSuccess));
        attackSuccess.forEach((attack, limit) -> {
            if (!attack.equals(ANY) && !known.contains(attack)) {
                throw new IllegalArgumentException(ATTACK_SUCCESS + "." + attack + ": there is no text attack " + attack + "; accepted: " + ANY + ", "
                        + String.join(", ", known));
            }
            share(ATTACK_SUCCESS + "." + attack, limit);
        });
        share(MEAN_LOSS, retainedMeanLoss);
        share(WORST_LOSS, retainedWorstLoss);
        if (minimumTrials < 0) {
            throw new IllegalArgumentException(MINIMUM_TRIALS + " must be 0 or more, not " + minimumTrials);
        }
        if (minimumTrials > 0 && attackSuccess.isEmpty() && (requiredAttacks == null || requiredAttacks.isEmpty())) {
            throw new IllegalArgumentException(MINIMUM_TRIALS + " needs " + ATTACK_SUCCESS + "." + ANY + ", another " + ATTACK_SUCCESS + " or " + REQUIRED);
        }
        requiredAttacks = requiredAttacks == null ? required(attackSuccess) : List.copyOf(requiredAttacks);
        for (String attack : requiredAttacks) {
            if (!known.contains(attack)) {
                throw new IllegalArgumentException(REQUIRED + ": there is no text attack " + attack + "; accepted: " + String.join(", ", known));
            }
        }
    }

    private static List<String> required(Map<String, Double> attackSuccess) {
        return attackSuccess.containsKey(ANY) ? EvaluationRequest.DEFAULT_ATTACKS : List.copyOf(attackSuccess.keySet());
    }

    private static void share(String gate, Double value) {
        if (value != null && !(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(gate + " must be a share from 0 to 1, not " + value);
        }
    }

    /**
     * Gates from text, as configuration files and command lines have them: {@code attack-success.any}, {@code attack-success.<attack>},
     * {@code retained-mean-loss}, {@code retained-worst-loss}, {@code minimum-trials}, {@code required-attacks} (separated by commas).
     *
     * @throws IllegalArgumentException naming the gate and what is accepted
     */
    public static Gates parse(Map<String, String> texts) {
        Map<String, Double> attacks = new LinkedHashMap<>();
        texts.forEach((name, text) -> {
            if (name.startsWith(ATTACK_SUCCESS + ".")) {
                attacks.put(name.substring(ATTACK_SUCCESS.length() + 1), number(name, text));
            } else if (!List.of(MEAN_LOSS, WORST_LOSS, MINIMUM_TRIALS, REQUIRED).contains(name)) {
                throw new IllegalArgumentException("there is no gate " + name + "; accepted: " + String.join(", ", ATTACK_SUCCESS + "." + ANY,
                        ATTACK_SUCCESS + ".<attack>", MEAN_LOSS, WORST_LOSS, MINIMUM_TRIALS, REQUIRED));
            }
        });
        double trials = texts.containsKey(MINIMUM_TRIALS) ? number(MINIMUM_TRIALS, texts.get(MINIMUM_TRIALS)) : 0;
        if (trials != Math.rint(trials)) {
            throw new IllegalArgumentException(MINIMUM_TRIALS + " must be an integer, not " + texts.get(MINIMUM_TRIALS));
        }
        List<String> required = texts.containsKey(REQUIRED)
                ? Stream.of(texts.get(REQUIRED).split(",")).map(String::strip).filter(name -> !name.isEmpty()).toList() : null;
        return new Gates(attacks, texts.containsKey(MEAN_LOSS) ? number(MEAN_LOSS, texts.get(MEAN_LOSS)) : null,
                texts.containsKey(WORST_LOSS) ? number(WORST_LOSS, texts.get(WORST_LOSS)) : null, (int) trials, required);
    }

    private static Double number(String gate, String text) {
        try {
            return Double.valueOf(text.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(gate + " must be a number, not " + text, e);
        }
    }

    /** Whether there is any condition. */
    public boolean configured() {
        return !attackSuccess.isEmpty() || retainedMeanLoss != null || retainedWorstLoss != null || minimumTrials > 0 || !requiredAttacks.isEmpty();
    }

    /** The report with the verdict of these gates, without one if there are none. */
    public EvaluationReport judge(EvaluationReport report) {
        return report.with(configured() ? verdict(report) : null);
    }

    /** What becomes of every gate, the attacks' first. */
    public Verdict verdict(EvaluationReport report) {
        List<GateResult> results = new ArrayList<>();
        for (String attack : gated(report)) {
            AttackResult result = report.attacks().stream().filter(a -> a.name().equals(attack)).findFirst().orElse(null);
            Double limit = attackSuccess.getOrDefault(attack, attackSuccess.get(ANY));
            long trials = result == null ? 0 : result.rate().trials();
            if (limit != null) {
                results.add(GateResult.atMost(ATTACK_SUCCESS + "." + attack, trials == 0 ? null : result.rate().high(), limit));
            }
            // An attack without a limit must still have been tried.
            if (minimumTrials > 0 || limit == null) {
                results.add(GateResult.atLeast(MINIMUM_TRIALS + "." + attack, trials, Math.max(1, minimumTrials)));
            }
        }
        if (retainedMeanLoss != null) {
            results.add(GateResult.atMost(MEAN_LOSS, RetainedLoss.mean(report.retention()).map(RateDifference::high).orElse(null), retainedMeanLoss));
        }
        if (retainedWorstLoss != null) {
            results.add(GateResult.atMost(WORST_LOSS, RetainedLoss.worstBound(report.retention()).orElse(null), retainedWorstLoss));
        }
        return new Verdict(results.stream().allMatch(GateResult::passed), results);
    }

    /** Attacks with a limit, those that are required, and with {@code any} those that were run. */
    private List<String> gated(EvaluationReport report) {
        Stream<String> own = attackSuccess.keySet().stream().filter(attack -> !attack.equals(ANY));
        Stream<String> run = report.attacks().stream().filter(attack -> !attack.whiteBox()).map(AttackResult::name)
                .filter(attack -> attackSuccess.containsKey(ANY));
        return Stream.of(requiredAttacks.stream(), own, run).flatMap(names -> names).distinct().toList();
    }
}
