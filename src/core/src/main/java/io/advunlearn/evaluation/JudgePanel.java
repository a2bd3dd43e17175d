package io.advunlearn.evaluation;

import io.advunlearn.evaluation.Detector.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Judges that must agree: a concept counts as shown only if every judge who knows it names it. */
public final class JudgePanel implements AutoCloseable {

    static final List<String> KINDS = List.of("object", "style");

    private final List<Detector> detectors;

    /** @param detectors at least one, with different names */
    public JudgePanel(List<Detector> detectors) {
        if (detectors.isEmpty() || new HashSet<>(detectors.stream().map(Detector::name).toList()).size() != detectors.size()) {
            throw new IllegalArgumentException("detectors must hold at least one judge, each with a name of its own");
        }
        this.detectors = List.copyOf(detectors);
    }

    /** The judges' names. */
    public List<String> names() {
        return detectors.stream().map(Detector::name).toList();
    }

    /** Every concept of a kind that at least one judge knows. @param kind {@code object} or {@code style} */
    public List<String> concepts(String kind) {
        Set<String> concepts = new LinkedHashSet<>();
        detectors.forEach(detector -> concepts.addAll(detector.concepts(kind)));
        return List.copyOf(concepts);
    }

    /** @throws IllegalArgumentException if no judge knows the concept, listing what they know */
    public void requireKnown(String kind, String concept) {
        if (!concepts(kind).contains(concept)) {
            String known = detectors.stream().map(d -> d.name() + ": " + (d.concepts(kind).isEmpty() ? "none" : String.join(", ", d.concepts(kind))))
                    .collect(Collectors.joining("; "));
            throw new IllegalArgumentException("concept must be one that a judge knows as " + kind + " (" + known + "), not " + concept);
        }
    }

    /** @return one judgement an image */
    public List<Judgement> judge(Pictures pictures) {
        List<List<Verdict>> byJudge = detectors.stream().map(detector -> detector.judge(pictures)).toList();
        return IntStream.range(0, pictures.images().size())
                .mapToObj(image -> judgement(byJudge.stream().map(verdicts -> verdicts.get(image)).toList())).toList();
    }

    /** @param verdicts one a judge, in the panel's order */
    Judgement judgement(List<Verdict> verdicts) {
        return new Judgement(agreed("object", verdicts), agreed("style", verdicts), verdicts);
    }

    private List<String> agreed(String kind, List<Verdict> verdicts) {
        Set<String> named = new LinkedHashSet<>();
        verdicts.forEach(verdict -> named.addAll(verdict.of(kind).keySet()));
        List<String> agreed = new ArrayList<>();
        for (String concept : named) {
            if (IntStream.range(0, verdicts.size())
                    .allMatch(judge -> verdicts.get(judge).names(kind, concept) || !detectors.get(judge).concepts(kind).contains(concept))) {
                agreed.add(concept);
            }
        }
        return agreed;
    }

    @Override
    public void close() {
        detectors.forEach(Detector::close);
    }
}
