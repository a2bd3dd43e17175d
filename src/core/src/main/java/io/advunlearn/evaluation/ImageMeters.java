package io.advunlearn.evaluation;

import io.advunlearn.model.ConfigFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is measured on retained images besides the judges' view: features for Fréchet distances. */
final class ImageMeters implements AutoCloseable {

    /** Measures nothing. */
    static final ImageMeters NONE = new ImageMeters(List.of(), List.of());

    private final List<FeatureExtractor> extractors;
    private final List<FeatureExtractor> owned;

    private ImageMeters(List<FeatureExtractor> extractors, List<FeatureExtractor> owned) {
        this.extractors = extractors;
        this.owned = owned;
    }

    /**
     * The first judge that has features, and the {@code features} of a file of judges.
     *
     * @param file the file, empty if the model's own judges are used
     * @throws IllegalArgumentException naming the file, the field and what is accepted
     */
    static ImageMeters load(JudgePanel judges, Optional<Path> file) {
        List<FeatureExtractor> owned = new ArrayList<>();
        try {
            if (file.isPresent()) {
                for (ConfigFile section : ConfigFile.readYaml(file.get()).sections("features")) {
                    owned.add(new OnnxFeatures(section.name("name"), OnnxSettings.network(section)));
                    section.refuseUnknown();
                }
            }
        } catch (RuntimeException e) {
            owned.forEach(FeatureExtractor::close);
            throw e;
        }
        List<FeatureExtractor> all = new ArrayList<>(owned);
        judges.features().ifPresent(features -> all.add(0, features));
        return new ImageMeters(all, owned);
    }

    /** @return one an image, {@code null}s if nothing is measured */
    List<ImageMeasures> measure(Pictures pictures) {
        List<Map<String, String>> features = new ArrayList<>();
        pictures.images().forEach(image -> features.add(new LinkedHashMap<>()));
        for (FeatureExtractor extractor : extractors) {
            float[][] rows = extractor.features(pictures);
            for (int i = 0; i < rows.length; i++) {
                features.get(i).put(extractor.name(), ImageMeasures.encode(rows[i]));
            }
        }
        List<ImageMeasures> measures = new ArrayList<>();
        features.forEach(each -> measures.add(extractors.isEmpty() ? null : new ImageMeasures(each, null)));
        return measures;
    }

    @Override
    public void close() {
        owned.forEach(FeatureExtractor::close);
    }
}
