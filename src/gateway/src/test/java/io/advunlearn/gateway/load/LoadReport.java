package io.advunlearn.gateway.load;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.advunlearn.gateway.ProcessSample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a run under load has shown, as a file.
 *
 * @param outcomes of requests, by form and status
 * @param encoders requests that each encoder drew
 * @param latency of images, milliseconds, by phase
 * @param erasureSlowdown the 95th percentile during the erasure, of that without it
 * @param settled what the process held after a collection, at the end of each phase
 * @param curve what it held over time
 */
record LoadReport(int seconds, int clients, int processors, Map<String, Long> outcomes, Map<String, Long> encoders, Map<LoadLog.Phase, LoadLog.Latency> latency,
        double erasureSlowdown, Map<LoadLog.Phase, Long> swaps, double erasureSeconds, Map<LoadLog.Phase, ProcessSample> settled, List<String> wrong,
        List<ProcessCurve.Point> curve) {

    void write(Path file) throws IOException {
        JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), this);
    }
}
