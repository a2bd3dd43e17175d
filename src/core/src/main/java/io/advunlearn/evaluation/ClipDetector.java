package io.advunlearn.evaluation;

import ai.djl.Device;
import io.advunlearn.model.ClipModel;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.pipeline.RgbImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A judge by CLIP, zero-shot (Radford et al. 2021): an image shows a concept if, among the concept's prompts and those of a contrast set, the
 * concept's get at least a share of the softmax.
 */
final class ClipDetector implements Detector {

    private static final double DEFAULT_THRESHOLD = 0.5;

    /**
     * @param kind {@code object} or {@code style}
     * @param concept its name
     * @param threshold lowest probability with which it counts
     * @param prompts how many of the texts are the concept's; they come first
     * @param texts unit vectors of the concept's prompts and of the contrast set
     * @param askedBy prompts that lead to it; empty to fill templates with its name
     */
    private record Rule(String kind, String concept, double threshold, int prompts, float[][] texts, List<String> askedBy) {
    }

    private final String name;
    private final ClipModel clip;
    private final List<Rule> rules = new ArrayList<>();

    private ClipDetector(String name, ClipModel clip) {
        this.name = name;
        this.clip = clip;
    }

    /** @throws IllegalArgumentException naming the file, the field and what is accepted */
    static ClipDetector load(ConfigFile section, Device device) {
        String name = section.name("name");
        double threshold = section.number("threshold", DEFAULT_THRESHOLD, 0, 1);
        List<String> contrast = section.names("contrast", List.of());
        Map<String, ConfigFile> concepts = section.sectionsByName("concepts");
        if (concepts.isEmpty()) {
            throw section.refuse("concepts", "missing", "at least one concept with its prompts");
        }
        ClipDetector detector = new ClipDetector(name, ClipModel.load(section.existing("directory"), device));
        try {
            concepts.forEach((concept, fields) -> detector.add(concept, fields, threshold, contrast));
            return detector;
        } catch (RuntimeException e) {
            detector.close();
            throw e;
        }
    }

    private void add(String concept, ConfigFile fields, double threshold, List<String> contrast) {
        List<String> prompts = fields.names("prompts", List.of());
        List<String> against = fields.names("contrast", contrast);
        if (prompts.isEmpty() || against.isEmpty()) {
            throw fields.refuse(prompts.isEmpty() ? "prompts" : "contrast", "missing", "at least one text");
        }
        rules.add(new Rule(fields.text("kind", "object", "object", "style"), concept, fields.number("threshold", threshold, 0, 1), prompts.size(),
                Stream.concat(prompts.stream(), against.stream()).map(clip::textEmbed).toArray(float[][]::new), OnnxSettings.askedBy(fields)));
        fields.refuseUnknown();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> concepts(String kind) {
        return rules.stream().filter(rule -> rule.kind.equals(kind)).map(Rule::concept).toList();
    }

    @Override
    public List<String> askedBy(String kind, String concept) {
        return rules.stream().filter(rule -> rule.kind.equals(kind) && rule.concept.equals(concept)).findFirst().map(Rule::askedBy).orElse(List.of());
    }

    @Override
    public List<Detection> judge(Pictures pictures) {
        return pictures.images().stream().map(this::detection).toList();
    }

    private Detection detection(RgbImage image) {
        float[] embed = clip.imageEmbed(image.rgb(), image.width(), image.height());
        Map<String, Double> objects = new LinkedHashMap<>();
        Map<String, Double> styles = new LinkedHashMap<>();
        for (Rule rule : rules) {
            double probability = probability(rule, embed);
            if (probability >= rule.threshold) {
                (rule.kind.equals("style") ? styles : objects).put(rule.concept, probability);
            }
        }
        return new Detection(objects, styles);
    }

    private double probability(Rule rule, float[] image) {
        float[] logits = new float[rule.texts.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) (clip.logitScale() * ClipModel.cosine(image, rule.texts[i]));
        }
        float[] probabilities = OnnxDetector.softmax(logits);
        double sum = 0;
        for (int i = 0; i < rule.prompts; i++) {
            sum += probabilities[i];
        }
        return sum;
    }

    @Override
    public void close() {
        clip.close();
    }
}
