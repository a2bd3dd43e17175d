package io.advunlearn.report;

import io.advunlearn.evaluation.ContactSheet.Mark;
import io.advunlearn.evaluation.Evaluator;
import io.advunlearn.evaluation.SampleImages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** An evaluation's images, inside the page. @param sheet the contact sheet, of evaluations without single images; else {@code null} */
record ImagesView(List<Row> rows, String sheet) {

    record Row(String title, List<Sample> samples) {
    }

    record Sample(String source, String alt, String caption, String mark, String verdict) {
    }

    /** @return {@code null} without images */
    static ImagesView of(Path directory) {
        List<Row> rows = new ArrayList<>();
        for (SampleImages.Row row : SampleImages.read(directory)) {
            rows.add(new Row(row.title(), row.samples().stream().map(sample -> sample(directory, sample)).toList()));
        }
        Path sheet = directory.resolve(Evaluator.CONTACT_SHEET);
        if (!rows.isEmpty()) {
            return new ImagesView(rows, null);
        }
        return Files.exists(sheet) ? new ImagesView(rows, data(sheet)) : null;
    }

    private static Sample sample(Path directory, SampleImages.Sample sample) {
        String caption = sample.caption();
        String verdict = sample.mark() == Mark.BAD ? "shown" : sample.mark() == Mark.GOOD ? "not shown" : "";
        return new Sample(data(directory.resolve(sample.file())), "Generated for: " + caption, caption, sample.mark().name().toLowerCase(Locale.ROOT), verdict);
    }

    private static String data(Path png) {
        try {
            return "data:image/png;base64," + Base64.getEncoder().encodeToString(Files.readAllBytes(png));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
