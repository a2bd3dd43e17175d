package io.advunlearn.evaluation;

import io.advunlearn.evaluation.Detector.Detection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Judges that must agree: a concept counts as shown only if every judge who knows it names it. */
public final class JudgePanel implements AutoCloseable {

    static final List<String> KINDS = List.of("object", "style");

    /** Concepts named in a message. */
    private static final int LISTED = 100;

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

    /** One judge alone; the others are closed. @throws IllegalArgumentException if there is none of that name, listing them */
    public JudgePanel only(String name) {
        Detector chosen = detectors.stream().filter(detector -> detector.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("detector must be one of " + String.join(", ", names()) + ", not " + name));
        detectors.stream().filter(detector -> detector != chosen).forEach(Detector::close);
        return new JudgePanel(List.of(chosen));
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
            Map<String, List<String>> judges = detectors.stream().collect(Collectors.groupingBy(detector -> listed(detector.concepts(kind)),
                    LinkedHashMap::new, Collectors.mapping(Detector::name, Collectors.toList())));
            String known = judges.entrySet().stream().map(entry -> String.join(", ", entry.getValue()) + ": " + entry.getKey())
                    .collect(Collectors.joining("; "));
            throw new IllegalArgumentException("concept must be one that a judge knows as " + kind + " (" + known + "), not " + concept);
        }
    }

    /** Prompts that lead to a concept, by the first judge that has any; empty to fill templates with it. */
    List<String> askedBy(String kind, String concept) {
        return detectors.stream().map(detector -> detector.askedBy(kind, concept)).filter(prompts -> !prompts.isEmpty()).findFirst().orElse(List.of());
    }

    private static String listed(List<String> concepts) {
        String first = concepts.stream().limit(LISTED).collect(Collectors.joining(", "));
        return concepts.isEmpty() ? "none" : concepts.size() <= LISTED ? first : first + " and " + (concepts.size() - LISTED) + " more";
    }

    /** The first judge that gives features of images. */
    Optional<FeatureExtractor> features() {
        return detectors.stream().filter(FeatureExtractor.class::isInstance).map(FeatureExtractor.class::cast).findFirst();
    }

    /** @return one judgement an image */
    public List<Judgement> judge(Pictures pictures) {
        List<List<Detection>> byJudge = detectors.stream().map(detector -> detector.judge(pictures)).toList();
        return IntStream.range(0, pictures.images().size())
                .mapToObj(image -> judgement(byJudge.stream().map(detections -> detections.get(image)).toList())).toList();
    }

    /** @param detections one a judge, in the panel's order */
    Judgement judgement(List<Detection> detections) {
        return new Judgement(agreed("object", detections), agreed("style", detections), detections);
    }

    private List<String> agreed(String kind, List<Detection> detections) {
        Set<String> named = new LinkedHashSet<>();
        detections.forEach(detection -> named.addAll(detection.of(kind).keySet()));
        List<String> agreed = new ArrayList<>();
        for (String concept : named) {
            if (IntStream.range(0, detections.size())
                    .allMatch(judge -> detections.get(judge).names(kind, concept) || !detectors.get(judge).concepts(kind).contains(concept))) {
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
