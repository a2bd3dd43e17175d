package io.advunlearn.evaluation;

import ai.djl.Device;
import io.advunlearn.model.ClipModel;
import io.advunlearn.model.ConfigFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is measured on retained images besides the judges' view: features for Fréchet distances, and the CLIP score. */
final class ImageMeters implements AutoCloseable {

    /** Measures nothing. */
    static final ImageMeters NONE = new ImageMeters(List.of(), List.of(), null);

    private final List<FeatureExtractor> extractors;
    private final List<FeatureExtractor> owned;
    private final ClipScorer scorer;

    private ImageMeters(List<FeatureExtractor> extractors, List<FeatureExtractor> owned, ClipScorer scorer) {
        this.extractors = extractors;
        this.owned = owned;
        this.scorer = scorer;
    }

    /**
     * The first judge that has features, and the {@code features} and {@code clip_score} of a file of judges.
     *
     * @param file the file, empty if the model's own judges are used
     * @throws IllegalArgumentException naming the file, the field and what is accepted
     */
    static ImageMeters load(JudgePanel judges, Optional<Path> file, Device device) {
        List<FeatureExtractor> owned = new ArrayList<>();
        ClipScorer scorer = null;
        try {
            if (file.isPresent()) {
                ConfigFile settings = ConfigFile.readYaml(file.get());
                for (ConfigFile section : settings.sections("features")) {
                    owned.add(new OnnxFeatures(section.name("name"), OnnxSettings.network(section)));
                    section.refuseUnknown();
                }
                scorer = settings.has("clip_score") ? new ClipScorer(ClipModel.load(settings.existing("clip_score"), device)) : null;
            }
        } catch (RuntimeException e) {
            owned.forEach(FeatureExtractor::close);
            throw e;
        }
        List<FeatureExtractor> all = new ArrayList<>(owned);
        judges.features().ifPresent(features -> all.add(0, features));
        return new ImageMeters(all, owned, scorer);
    }

    /** @param prompts one an image; @return one an image, {@code null}s if nothing is measured */
    List<ImageMeasures> measure(Pictures pictures, List<String> prompts) {
        List<Map<String, String>> features = new ArrayList<>();
        pictures.images().forEach(image -> features.add(new LinkedHashMap<>()));
        for (FeatureExtractor extractor : extractors) {
            float[][] rows = extractor.features(pictures);
            for (int i = 0; i < rows.length; i++) {
                features.get(i).put(extractor.name(), ImageMeasures.encode(rows[i]));
            }
        }
        List<ImageMeasures> measures = new ArrayList<>();
        for (int i = 0; i < features.size(); i++) {
            Double score = scorer == null ? null : (Double) scorer.score(pictures.images().get(i), prompts.get(i));
            measures.add(extractors.isEmpty() && scorer == null ? null : new ImageMeasures(features.get(i), score));
        }
        return measures;
    }

    @Override
    public void close() {
        owned.forEach(FeatureExtractor::close);
        if (scorer != null) {
            scorer.close();
        }
    }
}
