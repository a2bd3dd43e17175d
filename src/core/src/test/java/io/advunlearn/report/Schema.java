package io.advunlearn.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.advunlearn.evaluation.EvaluationReport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** Checks files against the published schemas with an independent validator. */
public final class Schema {

    private Schema() {
    }

    public static void assertEvaluationReport(Path file) throws IOException {
        assertValid(EvaluationReport.class, "evaluation-report.schema.json", file);
    }

    public static void assertErasureReport(Path file) throws IOException {
        assertValid(ErasureReport.class, "erasure-report.schema.json", file);
    }

    private static void assertValid(Class<?> beside, String name, Path file) throws IOException {
        try (InputStream in = beside.getResourceAsStream(name)) {
            JsonSchema schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(in);
            assertThat(schema.validate(new ObjectMapper().readTree(file.toFile()))).isEmpty();
        }
    }
}
