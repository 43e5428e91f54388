"""Where usage is fetched from: folders of files, and databases of network elements."""
