package io.advunlearn.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.erasure.ErasureEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErasureReportTest {

    private static void event(Path directory, int iteration, double loss) {
        ErasureEvents.append(directory, new ErasureEvent("warmup", iteration, 9, Map.of("loss_erase", loss, "seconds", 1.0)));
    }

    @Test
    void theCurveHoldsTheLastValueOfAnIterationThatWasDoneAgain(@TempDir Path directory) throws IOException {
        event(directory, 1, 0.5);
        event(directory, 2, 0.4);
        Files.writeString(directory.resolve("events.jsonl"), "{\"type\": \"state\", \"state\": \"queued\"}\n{\"type\": \"progr\n", StandardOpenOption.APPEND);
        event(directory, 2, 0.3);
        assertThat(ErasureEvents.curve(directory)).containsExactly(new ErasureReport.Point(1, "warmup", Map.of("loss_erase", 0.5)),
                new ErasureReport.Point(2, "warmup", Map.of("loss_erase", 0.3)));
    }

    @Test
    void aReportOfAnEvaluationIsNone(@TempDir Path directory) throws IOException {
        assertThat(ErasureReport.read(directory)).isNull();
        Files.writeString(directory.resolve("report.json"), "{\"schema\": \"advunlearn/evaluation-report/1\"}");
        assertThat(ErasureReport.read(directory)).isNull();
    }
}
